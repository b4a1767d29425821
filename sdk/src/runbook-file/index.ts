/**
 * Runbooks as YAML files: read with every problem's place, compiled to what `defineRunbook` gives, compared, tested and
 * described. Imports the rest of the sdk; what the world holds besides the files comes as `Surroundings`.
 */
export { RunbookNotMadeError, runbookFromPlan, type RunbookFromPlan } from "./from-plan.ts";
export { problemsOfGeneralized, type Generalized } from "./generalized.ts";
export { diffRunbooks, RunbookChange } from "./diff.ts";
export { describeRunbook } from "./describe.ts";
export { runbookJsonSchema } from "./json-schema.ts";
export * from "./load.ts";
export { RunbookProblem, hasErrors } from "./problem.ts";
export { readTests } from "./read-tests.ts";
export { readYaml } from "./read-yaml.ts";
export type { TestCase } from "./schema.ts";
export { compareVersions, newestOf, parseReference } from "./versions.ts";

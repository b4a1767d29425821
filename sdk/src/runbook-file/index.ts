/**
 * Runbooks as YAML files: read with every problem's place, compiled to what `defineRunbook` gives, compared, tested and
 * described. Imports the rest of the sdk; what the world holds besides the files comes as `Surroundings`.
 */
export * from "./load.ts";
export { RunbookProblem, hasErrors } from "./problem.ts";
export { RunbookFile, RunbookName, RunbookVersion, TestCase } from "./schema.ts";
export { compareVersions, newestOf, parseReference } from "./versions.ts";

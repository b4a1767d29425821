import { CelEvaluationError, CelSyntaxError, matches } from "./cel.ts";
import { typeSchema } from "./parameters.ts";
import type { Finding } from "./problem.ts";
import type { ParameterDeclaration, TypeDeclaration } from "./schema.ts";
import { messageOf, valueAt, type Shape } from "./shape.ts";

/** What can be wrong with the parameters although each field has the right form. */
export function checkDeclarations({ parameters }: Shape, report: (finding: Finding) => void): void {
  for (const [name, declaration] of Object.entries(parameters)) checkOne(declaration, ["parameters", name], report);
}

function checkOne(
  declaration: ParameterDeclaration,
  path: readonly (string | number)[],
  report: (finding: Finding) => void,
): void {
  const invalid = (field: string, message: string, hint?: string): void =>
    report({ code: "runbook_parameter_invalid", message, hint, path: [...path, field] });
  const { min, max } = declaration as { min?: number; max?: number };
  if (min !== undefined && max !== undefined && min > max)
    invalid("max", `Nothing is at least ${min} and at most ${max}.`);
  const { enum: choices, pattern } = declaration as { enum?: readonly unknown[]; pattern?: string };
  if (choices !== undefined) {
    if (new Set(choices).size < choices.length) invalid("enum", "A value stands there twice.");
    for (const field of ["min", "max", "pattern"] as const)
      if ((declaration as { [field]?: unknown })[field] !== undefined)
        invalid(field, `With \`enum\` there is no ${field}.`);
  }
  if (pattern !== undefined && !isPattern(pattern)) {
    const hint = "Patterns are of RE2: without look-around and back-references.";
    return invalid("pattern", "It isn't a regular expression.", hint);
  }
  for (const [inner, at] of innerOf(declaration)) checkOne(inner, [...path, ...at], report);
  if (declaration.default === undefined) return;
  if (declaration.optional)
    invalid("optional", "A parameter with a default always has a value.", "Take `optional` out.");
  const parsed = typeSchema(declaration).safeParse(declaration.default);
  if (parsed.success) return;
  for (const issue of parsed.error.issues) {
    const at = issue.path as (string | number)[];
    const value = valueAt(declaration.default, at) ?? null;
    report({
      code: "runbook_parameter_invalid",
      message: `The default doesn't fit the parameter. ${messageOf(issue, value)}`,
      path: [...path, "default", ...at],
    });
  }
}

function innerOf(declaration: TypeDeclaration): [TypeDeclaration, string[]][] {
  if (declaration.type === "list" || declaration.type === "map") return [[declaration.items, ["items"]]];
  if (declaration.type !== "object") return [];
  return Object.entries(declaration.fields).map(([name, one]) => [one, ["fields", name]]);
}

function isPattern(pattern: string): boolean {
  try {
    matches("", pattern);
    return true;
  } catch (error) {
    if (error instanceof CelEvaluationError || error instanceof CelSyntaxError) return false;
    throw error;
  }
}

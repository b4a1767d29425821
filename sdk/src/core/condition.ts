import { isCelError, parse, plan as compile, celEnv } from "@bufbuild/cel";
import { ConditionError } from "../plan-errors.ts";
import type { Json } from "../json.ts";

export interface ConditionScope {
  steps: { readonly [id: string]: { output: Json; status: string } };
  item: Json;
  run: Json;
}

interface Condition {
  /** Ids of the steps it reads. */
  readonly steps: readonly string[];
  evaluate(scope: ConditionScope): boolean;
}

const compiled = new Map<string, Condition>();
const maximumCompiled = 10_000;

/** Parses a CEL condition; the result is remembered. @throws ConditionError where it doesn't parse. */
export function parseCondition(text: string): Condition {
  const known = compiled.get(text);
  if (known) return known;
  const condition = compileCondition(text);
  if (compiled.size >= maximumCompiled) compiled.clear();
  compiled.set(text, condition);
  return condition;
}

function compileCondition(text: string): Condition {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text);
  } catch (cause) {
    throw new ConditionError(text, cause);
  }
  const evaluate = compile(celEnv(), parsed) as (scope: object) => unknown;
  return {
    steps: [...stepsIn(parsed.expr)],
    evaluate(scope) {
      const result = evaluate(scope);
      if (typeof result === "boolean") return result;
      throw new ConditionError(text, isCelError(result) ? result : new TypeError("It gives no boolean."));
    },
  };
}

/** Ids in `steps.<id>` and `steps["<id>"]`, wherever they stand in the expression. */
function stepsIn(node: unknown, found = new Set<string>()): Set<string> {
  if (typeof node !== "object" || node === null) return found;
  const { exprKind } = node as {
    exprKind?: { case?: string; value?: { field?: string; operand?: unknown; function?: string; args?: unknown[] } };
  };
  if (exprKind?.case === "selectExpr" && isSteps(exprKind.value?.operand)) found.add(exprKind.value?.field ?? "");
  if (exprKind?.case === "callExpr" && exprKind.value?.function === "_[_]" && isSteps(exprKind.value.args?.[0])) {
    const index = exprKind.value.args?.[1] as { exprKind?: { value?: { constantKind?: { value?: unknown } } } };
    const name = index.exprKind?.value?.constantKind?.value;
    if (typeof name === "string") found.add(name);
  }
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) for (const one of child) stepsIn(one, found);
    else stepsIn(child, found);
  }
  return found;
}

function isSteps(node: unknown): boolean {
  const kind = (node as { exprKind?: { case?: string; value?: { name?: string } } } | undefined)?.exprKind;
  return kind?.case === "identExpr" && kind.value?.name === "steps";
}

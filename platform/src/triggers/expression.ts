import {
  celEnv,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  parse,
  plan as compile,
  type CelInput,
} from "@bufbuild/cel";
import type { Json } from "@gantry/sdk";
import { ExpressionFailedError, TriggerInvalidError } from "./errors.ts";

/** What a trigger's expressions see. */
export interface ExpressionScope {
  payload: Json;
  occurrence: { id: string; at: string; kind: string; event: string | null };
  trigger: { name: string; project: string; environment: string };
}

/** The whole of a trigger's CEL. */
export interface Expressions {
  when: string | null;
  mapping: Readonly<Record<string, string>>;
}

export interface Evaluated {
  /** False where the condition isn't true. */
  fits: boolean;
  parameters: Record<string, Json>;
}

/** @throws TriggerInvalidError for the first that doesn't parse, or that loops inside a loop. */
export function checkExpressions({ when, mapping }: Expressions): void {
  const all = [...(when === null ? [] : [["The condition", when] as const]), ...named(mapping)];
  for (const [field, text] of all) {
    let parsed;
    try {
      parsed = parse(text);
    } catch (cause) {
      throw new TriggerInvalidError(field, cause instanceof Error ? cause.message : String(cause), cause);
    }
    if (loopsIn(parsed.expr) > 1) {
      throw new TriggerInvalidError(
        field,
        "it loops over a list inside of a loop, which a large payload would make endless",
      );
    }
  }
}

/** @throws ExpressionFailedError */
export function evaluate({ when, mapping }: Expressions, scope: ExpressionScope): Evaluated {
  if (when !== null) {
    const fits = run("The condition", when, scope);
    if (typeof fits !== "boolean") throw new ExpressionFailedError("The condition", "it gives no boolean");
    if (!fits) return { fits, parameters: {} };
  }
  const parameters = Object.fromEntries(named(mapping).map(([field, text, name]) => [name, run(field, text, scope)]));
  return { fits: true, parameters };
}

function named(mapping: Readonly<Record<string, string>>): (readonly [field: string, text: string, name: string])[] {
  return Object.entries(mapping).map(([name, text]) => [`The parameter ${name}`, text, name]);
}

function run(field: string, text: string, scope: ExpressionScope): Json {
  let value: unknown;
  try {
    value = compiled(text)(scope as unknown as Record<string, CelInput>);
  } catch (cause) {
    throw new ExpressionFailedError(field, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (isCelError(value)) throw new ExpressionFailedError(field, value.message);
  return toJson(field, value);
}

const environment = celEnv();
const known = new Map<string, ReturnType<typeof compile>>();

/** Compiling takes a hundred times as long as evaluating. */
function compiled(text: string): ReturnType<typeof compile> {
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = compile(environment, parse(text));
  if (known.size >= 1_000) known.clear();
  known.set(text, made);
  return made;
}

function toJson(field: string, value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (isCelUint(value)) return toJson(field, value.value);
  if (typeof value === "bigint" || typeof value === "number") {
    const number = Number(value);
    if (Number.isFinite(number) && (typeof value === "number" || BigInt(number) === value)) return number;
    throw new ExpressionFailedError(field, "JSON has no such number");
  }
  if (isCelList(value)) return [...value].map((one) => toJson(field, one));
  if (isCelMap(value)) {
    const entries = [...value].map(([key, one]) => [keyOf(field, key), toJson(field, one)] as const);
    return Object.fromEntries(entries);
  }
  throw new ExpressionFailedError(field, "the value is none that JSON has; make it a text with string(…)");
}

function keyOf(field: string, key: unknown): string {
  if (typeof key !== "string") throw new ExpressionFailedError(field, "a key of it is no text");
  // In a plan it would be a reference. A stranger's payload must not name a secret.
  if (key.startsWith("$"))
    throw new ExpressionFailedError(field, `it holds ${key}, which would be a reference in a plan`);
  return key;
}

/** How deep loops (`all`, `exists`, `map`, …) stand inside each other. */
function loopsIn(node: unknown): number {
  if (typeof node !== "object" || node === null) return 0;
  if (Array.isArray(node)) return Math.max(0, ...node.map(loopsIn));
  const { case: kind, value } = node as { case?: unknown; value?: Record<string, unknown> };
  if (kind === "comprehensionExpr" && value !== undefined) {
    const { iterRange, ...body } = value;
    return Math.max(loopsIn(iterRange), 1 + Math.max(0, ...Object.values(body).map(loopsIn)));
  }
  return Math.max(0, ...Object.values(node).map(loopsIn));
}

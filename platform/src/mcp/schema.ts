import type { Json, JsonObject } from "@gantry/sdk";
import { z } from "zod";
import { shownValue } from "./definition.ts";

const deepest = 24;

/**
 * A server's JSON Schema as a schema of ours. It describes itself by the server's own, cleaned; what it checks leaves out patterns, which a
 * server could write so that a short text takes minutes. The server checks its input again anyway.
 */
export function inputSchemaOf(given: JsonObject): z.ZodType<JsonObject> {
  const check = checkOf(given);
  return z
    .custom<JsonObject>(
      (value) => typeof value === "object" && value !== null && !Array.isArray(value),
      "must be an object",
    )
    .superRefine((value, context) => {
      // A plan's references are resolved before they come here. One that is still there was written by a model, which gets no secret out.
      if (JSON.stringify(value).includes('"$secret"'))
        return context.addIssue({ code: "custom", message: "a secret can't be named here" });
      for (const { path, message } of problemsBy(check, value))
        context.addIssue({ code: "custom", path: [...path], message });
    })
    .meta(shownValue(given) as Record<string, unknown>);
}

/** What a result isn't that it should be; nothing when it fits, or when its schema can't be used. */
export function problemsOfOutput(schema: JsonObject, value: unknown): string[] {
  return problemsBy(checkOf(schema), value).map(({ path, message }) => `${path.join(".") || "value"}: ${message}`);
}

interface Check {
  type: z.ZodType;
  /** How often one value is looked at, at most. */
  looks: number;
}

/** Some half a second's. A server that wants more of a check than that checks alone. */
const mostLooks = 500_000;

function problemsBy(check: Check | null, value: unknown): readonly z.core.$ZodIssue[] {
  if (check === null || check.looks * JSON.stringify(value).length > 2 * mostLooks) return [];
  return check.type.safeParse(value).error?.issues ?? [];
}

function checkOf(schema: JsonObject): Check | null {
  try {
    const looks = looksOf(schema, schema, new Map());
    if (looks > mostLooks) return null;
    return { type: z.fromJSONSchema(withoutPatterns(schema, 0) as JsonObject), looks };
  } catch {
    // A dialect or a reference that isn't known: the server alone checks.
    return null;
  }
}

const choices = new Set(["anyOf", "oneOf", "allOf", "not", "if", "then", "else"]);

/** Each choice looks at a value anew, and at all in it. Without end where a schema refers to itself. */
function looksOf(node: Json | undefined, root: JsonObject, known: Map<Json, number>): number {
  if (typeof node !== "object" || node === null) return 1;
  const found = known.get(node);
  if (found !== undefined) return found;
  known.set(node, Number.POSITIVE_INFINITY);
  let inside = 1;
  let again = 0;
  for (const [key, one] of Object.entries(node)) {
    if (key === "$ref" && typeof one === "string") again += looksOf(referred(one, root), root, known);
    else if (choices.has(key))
      for (const choice of Array.isArray(one) ? (one as readonly Json[]) : [one]) again += looksOf(choice, root, known);
    else if (key !== "$defs" && key !== "definitions") inside = Math.max(inside, looksOf(one, root, known));
  }
  known.set(node, inside + again);
  return inside + again;
}

/** What stands there in the same schema. */
function referred(reference: string, root: JsonObject): Json | undefined {
  if (!reference.startsWith("#")) return undefined;
  const steps = reference.slice(1).split("/").slice(1);
  const names = steps.map((one) => decodeURIComponent(one).replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<Json | undefined>(
    (at, name) => (typeof at === "object" && at !== null ? (at as JsonObject)[name] : undefined),
    root,
  );
}

function withoutPatterns(value: Json, depth: number): Json {
  if (depth > deepest) throw new RangeError("The schema is nested too deeply.");
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => withoutPatterns(one, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, one]) => !(key === "pattern" && typeof one === "string") && key !== "patternProperties" && key !== "format",
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutPatterns(one, depth + 1)]));
}

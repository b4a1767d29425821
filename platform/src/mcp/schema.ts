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
      for (const { path, message } of check?.safeParse(value).error?.issues ?? [])
        context.addIssue({ code: "custom", path: [...path], message });
    })
    .meta(shownValue(given) as Record<string, unknown>);
}

/** What a result isn't that it should be; nothing when it fits, or when its schema can't be used. */
export function problemsOfOutput(schema: JsonObject, value: unknown): string[] {
  const parsed = checkOf(schema)?.safeParse(value);
  return (parsed?.error?.issues ?? []).map(({ path, message }) => `${path.join(".") || "value"}: ${message}`);
}

function checkOf(schema: JsonObject): z.ZodType | null {
  try {
    return z.fromJSONSchema(withoutPatterns(schema, 0) as JsonObject);
  } catch {
    // A dialect or a reference that isn't known: the server alone checks.
    return null;
  }
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

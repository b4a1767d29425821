import type { Json, JsonObject } from "@gantry/sdk";

/**
 * A schema without the patterns that could take long. Those of published runbooks are written by an organization's people, for an engine
 * that is linear; this one isn't, and reading a sentence tries a pattern on each of its words. What is left out here is still checked
 * when the plan is made.
 */
export function withoutHardPatterns(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => {
      if (key === "pattern" && typeof value === "string") return isEasy(value) ? [[key, value]] : [];
      return [[key, walk(value)]];
    }),
  );
}

function walk(value: Json): Json {
  if (Array.isArray(value)) return value.map(walk);
  return typeof value === "object" && value !== null ? withoutHardPatterns(value as JsonObject) : value;
}

/** No repeated group, no look around, no reference back, and at most two repetitions without an end: quadratic at worst. */
function isEasy(source: string): boolean {
  const endless = source.match(/(?<!\\)[*+]|\{\d*,\}|\{\d*,?\d{3,}\}/g) ?? [];
  return source.length <= 300 && endless.length <= 2 && !/\)[*+?{]|\(\?[^:]|\\[1-9kpP]/.test(source);
}

import { z } from "zod";
import { ConformanceError, demand } from "./check.ts";

type Schema = z.core.JSONSchema._JSONSchema;

/**
 * A schema must say what it lets through: people, forms and models only see its JSON Schema.
 * @throws {ConformanceError} naming the place.
 */
export function demandWholeSchema(schema: z.ZodType, what: string): void {
  let shown: Schema;
  try {
    shown = z.toJSONSchema(schema, { io: "input", unrepresentable: "throw" });
  } catch (cause) {
    throw new ConformanceError(
      `${what} can't be shown as a JSON Schema: only what JSON can carry may be in it.`,
      cause,
    );
  }
  const holes = [...holesOf(shown, "")];
  demand(
    holes.length === 0,
    `${what} lets anything through at ${holes.join(", ")}: say what is allowed there, or use \`Json\`.`,
  );
}

const says = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref"];

function* holesOf(schema: Schema, path: string): Generator<string> {
  if (schema === true || (typeof schema === "object" && !says.some((key) => key in schema))) yield path || "its top";
  if (typeof schema === "boolean") return;
  for (const [name, part] of Object.entries(schema.properties ?? {})) yield* holesOf(part, `${path}.${name}`);
  for (const [name, part] of Object.entries(schema.$defs ?? {})) yield* holesOf(part, `${path}#${name}`);
  for (const part of [schema.anyOf, schema.oneOf, schema.allOf].flatMap((parts) => parts ?? []))
    yield* holesOf(part, path);
  if (schema.additionalProperties !== undefined) yield* holesOf(schema.additionalProperties, `${path}.*`);
  for (const part of [schema.items, schema.prefixItems].flat())
    if (part !== undefined) yield* holesOf(part, `${path}[]`);
}

import { randomUUID } from "node:crypto";
import { z } from "zod";

export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  minLength?: number;
  $ref?: string;
}

/** What a schema takes, as JSON schema. */
export function inputOf(schema: z.ZodType): Schema {
  let made = inputs.get(schema);
  if (made === undefined) {
    made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
    inputs.set(schema, made);
  }
  return made;
}

const inputs = new WeakMap<z.ZodType, Schema>();

/** The smallest value that a schema says it takes; what it says in code, as refinements, isn't known here. */
export function exampleOf(schema: Schema): unknown {
  const { const: only, enum: values, anyOf, oneOf, properties = {}, required = [], items, minItems = 0 } = schema;
  if (only !== undefined) return only;
  if (values !== undefined) return values[0];
  const [first] = anyOf ?? oneOf ?? [];
  if (first !== undefined) return exampleOf(first);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object":
      return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name] ?? {})]));
    case "array":
      return Array.from({ length: minItems }, () => exampleOf(items ?? {}));
    case "string":
      return textFor(schema);
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 1, 1);
    case "boolean":
      return false;
    default:
      return null;
  }
}

/** One of them fits most names, versions and digests. */
const texts = ["a", "one", "test.look", "1.0.0", "EUR", `sha256:${"0".repeat(64)}`, "2030-01-01T00:00:00Z", "00:00"];

function textFor({ format, pattern, minLength = 0 }: Schema): string {
  if (format === "uuid") return randomUUID();
  if (format === "email") return "somebody@example.com";
  if (format === "date-time") return "2030-01-01T00:00:00Z";
  if (format === "uri") return "https://example.com/";
  const fits = (text: string): boolean =>
    text.length >= minLength && (pattern === undefined || new RegExp(pattern, "u").test(text));
  return texts.find(fits) ?? "a".repeat(minLength);
}

/** A text somewhere in a value, and the value with another text there. */
export interface Leaf {
  /** Names of the fields that lead there. */
  path: string[];
  schema: Schema;
  put(text: string): unknown;
}

/** Every text that a schema takes, however deep: in optional fields, in lists, in each alternative. */
export function leavesOf(schema: Schema, base: unknown = exampleOf(schema)): Leaf[] {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return alternatives.flatMap((one) => leavesOf(one, fitted(one, base)));
  if (schema.properties !== undefined) {
    const whole = typeof base === "object" && base !== null ? base : exampleOf(schema);
    return Object.entries(schema.properties).flatMap(([name, one]) =>
      leavesOf(one, (whole as Record<string, unknown>)[name]).map(({ path, put, ...rest }) => ({
        ...rest,
        path: [name, ...path],
        put: (text: string) => ({ ...(whole as object), [name]: put(text) }),
      })),
    );
  }
  if (schema.type === "array" && schema.items !== undefined)
    return leavesOf(schema.items).map(({ put, ...rest }) => ({ ...rest, put: (text: string) => [put(text)] }));
  if (schema.type === "string" && schema.const === undefined && schema.enum === undefined)
    return [{ path: [], schema, put: (text) => text }];
  return [];
}

/** The example of an alternative, with what it shares with the value that stands for another. */
function fitted(schema: Schema, base: unknown): unknown {
  const example = exampleOf(schema);
  if (schema.properties === undefined || typeof base !== "object" || base === null) return example;
  const shared = Object.entries(base).filter(
    ([name]) => schema.properties?.[name] !== undefined && schema.properties[name].const === undefined,
  );
  return { ...(example as object), ...Object.fromEntries(shared) };
}

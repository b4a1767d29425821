/** What of JSON Schema a form understands. Anything else is filled in as JSON. */
export interface JsonSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  propertyNames?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** How something is filled in. */
export type Shape =
  | { kind: "text"; long: boolean }
  | { kind: "number"; whole: boolean }
  | { kind: "boolean" }
  | { kind: "pick"; values: readonly unknown[]; labels?: readonly (string | undefined)[] }
  /** The name of a secret; never its value. */
  | { kind: "secret" }
  | { kind: "list"; of: JsonSchema }
  /** Values by names that whoever fills it in chooses. */
  | { kind: "record"; of: JsonSchema }
  | { kind: "object"; fields: readonly (readonly [name: string, schema: JsonSchema, required: boolean])[] }
  /** One of several kinds of objects. */
  | { kind: "choice"; options: readonly JsonSchema[] }
  | { kind: "json" };

/** The schema that a reference means, with what is said beside the reference. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const seen = new Set<string>();
  let found = schema;
  while (found.$ref !== undefined && !seen.has(found.$ref)) {
    seen.add(found.$ref);
    const { $ref, ...beside } = found;
    const name = /^#\/\$defs\/(.+)$/.exec($ref)?.[1];
    const target = $ref === "#" ? root : name === undefined ? undefined : root.$defs?.[name];
    if (target === undefined) return beside;
    found = { ...target, ...beside };
  }
  const options = (found.anyOf ?? found.oneOf)?.filter((one) => one.type !== "null");
  const [only] = options ?? [];
  if (options?.length !== 1 || only === undefined) return found;
  const { anyOf: _any, oneOf: _one, ...beside } = found;
  return { ...resolve(only, root), ...beside };
}

/** `schema` must be resolved. */
export function shapeOf(schema: JsonSchema, root: JsonSchema): Shape {
  if (schema.const !== undefined) return { kind: "pick", values: [schema.const] };
  if (schema.enum !== undefined) return { kind: "pick", values: schema.enum };
  const options = (schema.oneOf ?? schema.anyOf)?.map((one) => resolve(one, root));
  if (options !== undefined) {
    if (options.every((one) => one.const !== undefined))
      return { kind: "pick", values: options.map((one) => one.const), labels: options.map((one) => one.title) };
    return options.every((one) => one.properties !== undefined) ? { kind: "choice", options } : { kind: "json" };
  }
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  switch (types.length === 1 ? types[0] : undefined) {
    case "string":
      if (schema.format === "secret") return { kind: "secret" };
      return { kind: "text", long: schema.format === "multiline" || (schema.maxLength ?? 0) > 5_000 };
    case "number":
      return { kind: "number", whole: false };
    case "integer":
      return { kind: "number", whole: true };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return schema.items === undefined ? { kind: "json" } : { kind: "list", of: schema.items };
    case "object":
      return shapeOfObject(schema);
    default:
      return { kind: "json" };
  }
}

function shapeOfObject({ properties, required = [], additionalProperties }: JsonSchema): Shape {
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, schema]) => [name, schema, required.includes(name)] as const);
    return { kind: "object", fields };
  }
  const of = typeof additionalProperties === "object" ? additionalProperties : undefined;
  return of === undefined ? { kind: "json" } : { kind: "record", of };
}

/** What a name of a schema is called in front of people: `drainMs` is "Drain ms". */
export function labelOf(name: string, schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title;
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return words === "" ? name : words[0]?.toUpperCase() + words.slice(1);
}

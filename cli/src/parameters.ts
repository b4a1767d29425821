import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import type { Json, JsonObject } from "@gantry/sdk";
import { FileUnreadableError, UsageError } from "./errors.ts";

/** The parts of JSON Schema by which a value on the command line gets its type. */
interface Schema {
  type?: string | readonly string[];
  enum?: readonly Json[];
  const?: Json;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  $ref?: string;
  $defs?: Readonly<Record<string, Schema>>;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  description?: string;
  default?: Json;
}

export interface ParameterSources {
  /** `name=value` or `name=@file`, as given. */
  pairs: readonly string[];
  /** A JSON file with all parameters, `-` for stdin. */
  file: string | undefined;
  /** What is missing comes from elsewhere. */
  partial?: boolean;
}

/**
 * The parameters of a runbook call. Values are typed by the runbook's JSON Schema: `5` is a number where a number is
 * wanted and text where text is. Single ones win over the file.
 *
 * @throws {UsageError} naming every value that doesn't fit @throws {FileUnreadableError}
 */
export async function readParameters(
  sources: ParameterSources,
  runbook: { name: string; parameters: JsonObject },
  stdin: NodeJS.ReadableStream,
): Promise<JsonObject> {
  const root = runbook.parameters as Schema;
  const remedy = `gantry runbooks show ${runbook.name}`;
  const given: Record<string, Json> = { ...(await readParameterFile(sources.file, stdin)) };
  const problems: string[] = [];
  for (const pair of sources.pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      problems.push(`${JSON.stringify(pair)} isn't of the form name=value`);
      continue;
    }
    const name = pair.slice(0, equals);
    const schema = propertyOf(root, name);
    if (schema === undefined) {
      problems.push(`${name} isn't a parameter of ${runbook.name}${known(root)}`);
      continue;
    }
    const { text, isFile } = await readValue(pair.slice(equals + 1), stdin);
    const typed = typeValue(text, schema, root, isFile);
    if ("problem" in typed) problems.push(`${name} ${typed.problem}`);
    else given[name] = typed.value;
  }
  for (const name of sources.partial === true ? [] : (root.required ?? [])) {
    if (name in given || root.properties?.[name]?.default !== undefined) continue;
    const schema = root.properties?.[name];
    const about = schema?.description === undefined ? "" : `: ${schema.description}`;
    problems.push(`${name} is missing (${schema === undefined ? "any value" : expectation(schema, root)}${about})`);
  }
  if (problems.length > 0)
    throw new UsageError(`The parameters don't fit ${runbook.name}: ${problems.join("; ")}.`, remedy);
  return given;
}

/** What a parameter takes, in words: `a number`, `one of "a", "b"`. */
export function expectation(schema: Schema, root: Schema): string {
  const resolved = resolve(schema, root);
  const choices = choicesOf(resolved);
  if (choices !== undefined) return `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
  const words = [...typesOf(schema, root)].map((type) => typeWords[type] ?? type);
  return words.length === 0 ? "any JSON value" : words.join(" or ");
}

export type { Schema as ParameterSchema };

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
  object: "a JSON object",
  array: "a JSON list",
};

async function readParameterFile(file: string | undefined, stdin: NodeJS.ReadableStream): Promise<JsonObject> {
  if (file === undefined) return {};
  const text = file === "-" ? await readAll(stdin) : await readText(file);
  const value = parseJson(text);
  if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new UsageError(`${file === "-" ? "stdin" : file} must hold one JSON object of parameters.`);
  }
  return value as JsonObject;
}

/** `@path` is a file, `@-` is stdin, `@@text` is text that begins with `@`. */
async function readValue(given: string, stdin: NodeJS.ReadableStream): Promise<{ text: string; isFile: boolean }> {
  if (given.startsWith("@@")) return { text: given.slice(1), isFile: false };
  if (given === "@-") return { text: await readAll(stdin), isFile: true };
  if (given.startsWith("@")) return { text: await readText(given.slice(1)), isFile: true };
  return { text: given, isFile: false };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}

/**
 * Text becomes what the schema allows. Where more than one type would do, the closest wins: `5` for a number or text is
 * the number, `true` for a boolean or text the boolean.
 */
function typeValue(text: string, schema: Schema, root: Schema, isFile: boolean): { value: Json } | { problem: string } {
  const choices = choicesOf(resolve(schema, root));
  if (choices !== undefined) {
    const choice = choices.find(
      (one) => one === text || (typeof one !== "string" && JSON.stringify(one) === text.trim()),
    );
    return choice === undefined ? refuse(text, schema, root) : { value: choice };
  }
  const types = typesOf(schema, root);
  const parsed = parseJson(text);
  if (types.size === 0) return { value: parsed === undefined ? text : parsed };
  const type = jsonType(parsed);
  const fits = type !== undefined && (types.has(type) || (type === "integer" && types.has("number")));
  // Text in quotes is text with quotes: nobody quotes twice on a command line. A file of JSON may well hold a string.
  if (fits && type !== "string") return { value: parsed as Json };
  if (types.has("string")) return { value: text };
  return isFile && parsed === undefined
    ? { problem: "is read from a file that isn't JSON" }
    : refuse(text, schema, root);
}

function refuse(text: string, schema: Schema, root: Schema): { problem: string } {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return { problem: `must be ${expectation(schema, root)}, not ${JSON.stringify(shown)}` };
}

function propertyOf(root: Schema, name: string): Schema | undefined {
  const own = root.properties && Object.hasOwn(root.properties, name) ? root.properties[name] : undefined;
  if (own !== undefined) return own;
  if (typeof root.additionalProperties === "object") return root.additionalProperties;
  return root.properties === undefined || root.additionalProperties === true ? {} : undefined;
}

function known(root: Schema): string {
  const names = Object.keys(root.properties ?? {});
  return names.length === 0 ? ", which takes none" : `; it takes ${names.join(", ")}`;
}

function resolve(schema: Schema, root: Schema, depth = 0): Schema {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  const target = name === undefined ? undefined : root.$defs?.[name];
  return target === undefined || depth > 20 ? schema : resolve(target, root, depth + 1);
}

function typesOf(schema: Schema, root: Schema, depth = 0): Set<string> {
  const { type, anyOf, oneOf, allOf, properties } = resolve(schema, root);
  if (type !== undefined) return new Set(typeof type === "string" ? [type] : type);
  if (properties !== undefined) return new Set(["object"]);
  const parts = [...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])];
  if (depth > 20) return new Set();
  const all = parts.flatMap((part) => {
    const choices = choicesOf(resolve(part, root));
    return choices?.flatMap((choice) => jsonType(choice) ?? []) ?? [...typesOf(part, root, depth + 1)];
  });
  return new Set(all);
}

/** The only values there are, also where they stand one by one in a union; undefined where there are others. */
function choicesOf({ enum: choices, const: only, anyOf, oneOf }: Schema): readonly Json[] | undefined {
  if (only !== undefined || choices !== undefined) return only === undefined ? choices : [only];
  const parts = (anyOf ?? oneOf)?.map(choicesOf);
  return parts?.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function jsonType(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

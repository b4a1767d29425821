import type { Json, JsonObject } from "@gantry/sdk";
import type { Dimension } from "./quantities.ts";
import { stem, stemsOf } from "./terms.ts";

/** The parts of JSON Schema by which a value in a sentence is recognised. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: Json;
  readonly description?: string;
}

export type Kind =
  | "choice"
  | "boolean"
  | "number"
  | "duration"
  | "email"
  | "address"
  | "url"
  | "repository"
  | "hostname"
  | "environment"
  | "ref"
  | "pattern"
  | "name"
  | "text"
  | "object"
  | "none";

/** A parameter as the planner sees it. */
export interface Parameter {
  readonly name: string;
  readonly schema: Schema;
  readonly kind: Kind;
  /** Of a number: its dimension and what one of the parameter is in the dimension's base unit. */
  readonly unit: { readonly dimension: Dimension; readonly factor: number } | null;
  /** Must be given: required and without a default. */
  readonly required: boolean;
  readonly description: string;
  /** Stems that say in a sentence that its value is near. */
  readonly cues: ReadonlySet<string>;
}

const perUnit: readonly (readonly [RegExp, Dimension, number])[] = [
  [/(Ms|Millis|Milliseconds)$|\bmilliseconds\b/, "duration", 0.001],
  [/Seconds$|\bin seconds\b/, "duration", 1],
  [/Minutes$|\bin minutes\b/, "duration", 60],
  [/Hours$|\bin hours\b/, "duration", 3_600],
  [/Days$|\bin days\b/, "duration", 86_400],
  [/PerSecond$|\bper second\b/, "rate", 1],
  [/Bytes$|\bin bytes\b/, "size", 1],
  [/(Mb|MB)$|\bin MB\b/, "size", 1e6],
  [/(Gb|GB)$|\bin GB\b/, "size", 1e9],
  [/(Tb|TB)$|\bin TB\b/, "size", 1e12],
  [/(Mib|MiB)$|\bin MiB\b/, "size", 2 ** 20],
  [/(Gib|GiB)$|\bin GiB\b/, "size", 2 ** 30],
];
const unitWords = /(Ms|Millis|Milliseconds|Seconds|Minutes|Hours|Days|PerSecond|Bytes|[MGT]i?[Bb])$/;

/** The parameters of a runbook's JSON Schema, those that must be given first. */
export function parametersOf(schema: JsonObject): Parameter[] {
  const { properties = {}, required = [] } = schema as Schema;
  const all = Object.entries(properties).map(([name, one]) => toParameter(name, one, required.includes(name)));
  return all.toSorted((a, b) => Number(b.required) - Number(a.required));
}

export function toParameter(name: string, schema: Schema, required: boolean): Parameter {
  const description = schema.description ?? "";
  const numeric = schema.type === "integer" || schema.type === "number";
  const unit = numeric ? perUnit.find(([pattern]) => pattern.test(name) || pattern.test(description)) : undefined;
  const kind = kindOf(name, schema, description);
  return {
    name,
    schema,
    kind,
    unit: unitOf(kind, unit),
    required: required && schema.default === undefined,
    description,
    cues: new Set(wordsOf(name.replace(unitWords, "")).map(stem)),
  };
}

function unitOf(kind: Kind, unit: (typeof perUnit)[number] | undefined): Parameter["unit"] {
  if (kind === "duration") return { dimension: "duration", factor: 1 };
  return unit === undefined ? null : { dimension: unit[1], factor: unit[2] };
}

/** `secretVariables` → secret, variables. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function kindOf(name: string, schema: Schema, description: string): Kind {
  if (schema.enum !== undefined) return schema.enum.every((one) => typeof one === "string") ? "choice" : "none";
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") return "number";
  const formats = schema.anyOf?.map(({ format }) => format ?? "") ?? [schema.format ?? ""];
  if (formats.every((format) => /^(ipv[46]|cidrv[46])$/.test(format))) return "address";
  if (schema.anyOf !== undefined) return schema.anyOf.every(({ type }) => type === "object") ? "object" : "none";
  if (schema.type === "object") return schema.properties === undefined ? "none" : "object";
  if (schema.type !== "string") return "none";
  if (schema.format === "email") return "email";
  if (schema.format === "uri" || schema.format === "url") return "url";
  if (schema.format === "hostname") return "hostname";
  if (/https:\/\//.test(description) || /^(repository|repo)$/i.test(name)) return "repository";
  if (/^((the|an|which) )?environment\b/i.test(description) && !/\bvariables?\b/i.test(description))
    return "environment";
  if (/\b(commit|branch|tag)\b/i.test(description) && !/^\^?\(?\[0-9a-f\]/.test(schema.pattern ?? "")) return "ref";
  if (schema.pattern !== undefined && takesDurations(schema.pattern)) return "duration";
  if (schema.pattern !== undefined && refusesWords(schema.pattern)) return "pattern";
  return isName(name, schema, description) ? "name" : "text";
}

function isName(name: string, schema: Schema, description: string): boolean {
  return schema.pattern !== undefined || /^(the )?name\b/i.test(description) || /^(name|id)$/i.test(name);
}

const ordinary = ["please", "production", "payments", "web-1", "the", "Orders", "to"];

/** A pattern that no ordinary word fits tells its values apart by itself: versions, dates, commits. */
function refusesWords(source: string): boolean {
  const pattern = compile(source);
  return pattern !== null && ordinary.every((word) => !pattern.test(word));
}

/** `90s`, `10m`, `2h`, as files of runbooks have it. */
function takesDurations(source: string): boolean {
  const pattern = compile(source);
  return pattern !== null && ["500ms", "90s", "10m", "2h"].every((text) => pattern.test(text)) && !pattern.test("90");
}

export function compile(source: string): RegExp | null {
  try {
    return new RegExp(source, "u");
  } catch {
    return null;
  }
}

/** What is wrong with a value, in words; null when the schema takes it. */
export function problemWith({ schema }: Parameter, value: Json): string | null {
  if (typeof value === "number") {
    if (schema.type === "integer" && !Number.isInteger(value)) return "must be a whole number";
    if (schema.minimum !== undefined && value < schema.minimum) return `must be at least ${schema.minimum}`;
    if (schema.maximum !== undefined && value > schema.maximum) return `must be at most ${schema.maximum}`;
  }
  if (typeof value === "string") {
    if (value.length > (schema.maxLength ?? 2_000)) return "is too long";
    if (schema.pattern !== undefined && compile(schema.pattern)?.test(value) === false)
      return "isn't of the form that it takes";
    if (/^\d{4}-\d{2}-\d{2}$/.test(value) && !isDate(value)) return "isn't a day of the calendar";
  }
  return null;
}

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The question that a person is asked. */
export function questionFor({ name, description }: Parameter): string {
  const about = description.replace(/[.\s]+$/, "");
  return about === "" ? `What shall ${wordsOf(name).join(" ")} be?` : `${about}?`;
}

/** The stems of a parameter's description, for matching. */
export function describedBy({ description, name }: Parameter): string[] {
  return [...stemsOf(description), ...wordsOf(name).map(stem)];
}

/** The texts that a parameter chooses from. */
export function choicesOf({ enum: choices = [] }: Schema): string[] {
  return choices.filter((one) => typeof one === "string");
}

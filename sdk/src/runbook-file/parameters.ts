import type { CelInput } from "@bufbuild/cel";
import { z } from "zod";
import type { Json } from "../json.ts";
import { matches } from "./cel.ts";
import { durationPattern, type ParameterDeclaration, type TypeDeclaration } from "./schema.ts";

export type Declarations = Readonly<Record<string, ParameterDeclaration>>;

const longestText = 100_000;
const mostEntries = 10_000;

/** The schema that the declared parameters are checked by. Those that aren't declared are refused. */
export function parametersSchema(declarations: Declarations): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(Object.entries(declarations).map(([name, one]) => [name, parameterSchema(one)])),
  );
}

export function parameterSchema(declaration: ParameterDeclaration): z.ZodType {
  const type = typeSchema(declaration);
  const { default: value, optional, help } = declaration;
  const whole = value !== undefined ? type.default(value) : optional ? type.optional() : type;
  return help === undefined ? whole : whole.describe(help);
}

/** Without its default: what a value, and so the default too, must fit. */
export function typeSchema(declaration: TypeDeclaration): z.ZodType<Json> {
  switch (declaration.type) {
    case "text": {
      const { enum: choices, pattern, min = 0, max = longestText } = declaration;
      if (choices !== undefined) return z.enum(choices as [string, ...string[]]);
      const text = z.string().min(min).max(max);
      if (pattern === undefined) return text;
      return text.refine((value) => matches(value, pattern), `must match ${pattern}`).meta({ pattern });
    }
    case "integer":
    case "number": {
      const { enum: choices, min = -Infinity, max = Infinity } = declaration;
      if (choices !== undefined) return z.literal(choices as [number, ...number[]]);
      const number = declaration.type === "integer" ? z.int() : z.number();
      return limited(number, min, max);
    }
    case "boolean":
      return z.boolean();
    case "duration":
      return z.string().regex(durationPattern, "must be a number with its unit: 500ms, 90s, 10m, 2h or 7d");
    case "url":
      return z.url({ protocol: /^https?$/ }).max(2_000);
    case "secret":
      return z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,127}$/, "must be the name of a secret")
        .meta({ format: "secret" });
    case "json":
      return z.json().refine((value) => !holdsReference(value), "must not hold references such as $ref or $secret");
    case "list": {
      const { items, min = 0, max = mostEntries } = declaration;
      return z.array(typeSchema(items)).min(min).max(max);
    }
    case "map": {
      const { items, min = 0, max = mostEntries } = declaration;
      const map: z.ZodType<Record<string, Json>> = z.record(z.string(), typeSchema(items));
      return map.refine(
        (value) => Object.keys(value).length >= min && Object.keys(value).length <= max,
        `must have ${min} to ${max} entries`,
      );
    }
    case "object":
      return parametersSchema(declaration.fields) as unknown as z.ZodType<Json>;
    default:
      return declaration satisfies never;
  }
}

/** Infinite limits would come out as null in the JSON Schema. */
function limited(number: z.ZodNumber, min: number, max: number): z.ZodNumber {
  const from = Number.isFinite(min) ? number.min(min) : number;
  return Number.isFinite(max) ? from.max(max) : from;
}

const referenceKeys = ["$ref", "$item", "$run", "$join", "$secret"];

/** Whether a core would take a part of it for a reference: a parameter could then read what isn't meant for it. */
export function holdsReference(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((one) => holdsReference(one as Json));
  const keys = Object.keys(value);
  return keys.some((key) => referenceKeys.includes(key)) || Object.values(value).some(holdsReference);
}

/** Values as inputs see them: the name of a secret becomes a reference to it. */
export function asInput(value: Json, declaration: TypeDeclaration): Json {
  return mapValue(value, declaration, (one, { type }) => (type === "secret" ? { $secret: one } : one)) as Json;
}

/** Values as CEL sees them: it tells whole numbers from others, JSON doesn't. */
export function asCel(value: Json, declaration: TypeDeclaration): CelInput {
  return mapValue(value, declaration, (one, { type }) =>
    type === "secret" ? { $secret: one } : type === "integer" || type === "json" ? wholeNumbers(one) : one,
  ) as CelInput;
}

function mapValue(
  value: Json,
  declaration: TypeDeclaration,
  leaf: (value: Json, of: TypeDeclaration) => unknown,
): unknown {
  if (value === null || typeof value !== "object") return leaf(value, declaration);
  if (declaration.type === "list") return (value as Json[]).map((one) => mapValue(one, declaration.items, leaf));
  const entries = Object.entries(value as { [key: string]: Json });
  if (declaration.type === "map")
    return Object.fromEntries(entries.map(([key, one]) => [key, mapValue(one, declaration.items, leaf)]));
  if (declaration.type === "object") {
    return Object.fromEntries(
      entries.flatMap(([key, one]) => {
        const field = declaration.fields[key];
        return field === undefined ? [] : [[key, mapValue(one, field, leaf)]];
      }),
    );
  }
  return leaf(value, declaration);
}

function wholeNumbers(value: Json): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => wholeNumbers(one as Json));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, wholeNumbers(one)]));
}

import type { Json, JsonObject } from "@gantry/sdk";
import { findBoolean } from "./find-boolean.ts";
import { findChoice } from "./find-choice.ts";
import { findPattern, findRef } from "./find-form.ts";
import { findDuration, findNumber } from "./find-number.ts";
import { findPlace } from "./find-place.ts";
import { findHostname, findText } from "./find-text.ts";
import { findName } from "./names.ts";
import { choicesOf, problemWith, toParameter, type Parameter, type Schema } from "./parameters.ts";
import { readNumber } from "./quantities.ts";
import { isAddressOrNetwork, isEmail, isPath, isUrl } from "./typed.ts";
import type { Filled, Token, Unfilled } from "./types.ts";
import { only, type FillRequest, type Found, type Work } from "./work.ts";

/** What was found in a sentence for a runbook's parameters. */
export interface Slots {
  readonly filled: ReadonlyMap<string, Filled>;
  readonly unfilled: ReadonlyMap<string, Unfilled>;
  /** Tokens that are values. */
  readonly taken: ReadonlySet<number>;
}

/** Kinds in the order in which they may take words: what is told by its form first, what is told by its place last. */
const order: readonly (readonly Parameter["kind"][])[] = [
  ["object"],
  ["email", "url", "address", "repository", "environment"],
  ["number", "duration"],
  ["hostname"],
  ["pattern", "ref"],
  ["choice", "boolean"],
  ["name"],
  ["text"],
];

/** Fills parameters from a sentence. What isn't said clearly stays unfilled, with the reason. */
export function fillSlots(request: FillRequest): Slots {
  const taken = new Set(request.sentence.places.map(({ token }) => token));
  const work: Work = { ...request, filled: new Map(), unfilled: new Map(), taken };
  for (const parameter of request.parameters) settle(work, parameter, assigned(work, parameter));
  for (const kinds of order)
    for (const parameter of request.parameters)
      if (kinds.includes(parameter.kind) && !work.filled.has(parameter.name) && !work.unfilled.has(parameter.name))
        settle(work, parameter, find(work, parameter));
  return work;
}

function settle(work: Work, parameter: Parameter, found: Found): void {
  if (found === null) return;
  if ("reason" in found) {
    work.unfilled.set(parameter.name, found);
    for (const token of found.tokens) work.taken.add(token);
    return;
  }
  for (const token of found.tokens) work.taken.add(token);
  const problem = problemWith(parameter, found.value);
  if (problem === null) work.filled.set(parameter.name, found);
  else work.unfilled.set(parameter.name, invalid(found, problem));
}

function find(work: Work, parameter: Parameter): Found {
  switch (parameter.kind) {
    case "object":
      return findObject(work, parameter);
    case "email":
      return only(work, isEmail);
    case "url":
      return only(work, (token) => isUrl(token) && /^https?:/i.test(token.text));
    case "address":
      return only(work, isAddressOrNetwork);
    case "repository":
      return only(work, (token) => isUrl(token) || isPath(token));
    case "hostname":
      return findHostname(work);
    case "environment":
      return findPlace(work, parameter);
    case "number":
      return findNumber(work, parameter);
    case "duration":
      return findDuration(work, parameter);
    case "pattern":
      return findPattern(work, parameter);
    case "ref":
      return findRef(work);
    case "choice":
      return findChoice(work, parameter);
    case "boolean":
      return findBoolean(work, parameter);
    case "name":
      return findName(parameter, { ...work, tokens: work.sentence.tokens, known: knownOf(work, parameter) });
    case "text":
      return findText(work, parameter);
    case "none":
      return null;
  }
}

function knownOf({ known }: Work, { name }: Parameter): readonly string[] {
  return Object.hasOwn(known.names, name) ? (known.names[name] ?? []) : [];
}

/** `replicas=5`, `service: search`. */
function assigned(work: Work, parameter: Parameter): Found {
  const { tokens } = work.sentence;
  for (let index = 0; index + 2 < tokens.length; index++) {
    const [name, sign, value] = tokens.slice(index, index + 3);
    if (sign?.text !== "=" || name?.lower !== parameter.name.toLowerCase() || value === undefined) continue;
    const typed = typeOf(parameter, value);
    if (typed !== undefined) return { value: typed, tokens: [index, index + 1, index + 2] };
  }
  return null;
}

function typeOf({ schema, kind }: Parameter, { text, lower }: Token): Json | undefined {
  if (kind === "boolean")
    return /^(true|yes|on)$/.test(lower) ? true : /^(false|no|off)$/.test(lower) ? false : undefined;
  if (kind === "number") return readNumber(text) ?? undefined;
  if (kind === "choice")
    return (
      choicesOf(schema).find((one) => one === text) ?? choicesOf(schema).find((one) => one.toLowerCase() === lower)
    );
  return kind === "object" || kind === "none" ? undefined : text;
}

function invalid({ value, tokens }: Filled, problem: string): Unfilled {
  return { reason: "invalid", detail: `${JSON.stringify(value)} ${problem}.`, options: [], tokens };
}

/** An object of which all required parts can be told by their form. */
function findObject(work: Work, { schema }: Parameter): Found {
  for (const branch of schema.anyOf ?? [schema]) {
    const built = buildObject(work, branch);
    if (built !== null) return built;
  }
  return null;
}

function buildObject(
  work: Work,
  { properties = {}, required = [] }: Schema,
): { value: JsonObject; tokens: number[] } | null {
  const value: Record<string, Json> = {};
  const tokens: number[] = [];
  for (const name of required) {
    const part = properties[name];
    if (part === undefined) return null;
    const parameter = toParameter(name, part, true);
    const told = ["object", "repository", "url", "pattern", "email", "address"].includes(parameter.kind);
    const found = told ? find({ ...work, taken: new Set([...work.taken, ...tokens]) }, parameter) : null;
    if (found === null || "reason" in found || problemWith(parameter, found.value) !== null) return null;
    value[name] = found.value;
    tokens.push(...found.tokens);
  }
  return required.length === 0 ? null : { value, tokens };
}

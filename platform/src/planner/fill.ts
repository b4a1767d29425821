import type { Json, JsonObject } from "@gantry/sdk";
import { findName } from "./names.ts";
import { compile, problemWith, toParameter, type Parameter, type Schema } from "./parameters.ts";
import type { Quantity } from "./quantities.ts";
import { readNumber } from "./quantities.ts";
import type { Sentence } from "./sentence.ts";
import { relatives, stem, termsOf } from "./terms.ts";
import { isAddressOrNetwork, isCommit, isEmail, isHostname, isPath, isUrl, isVersion } from "./typed.ts";
import type { Filled, KnownNames, Token, Unfilled } from "./types.ts";
import { negations, stopWords } from "./vocabulary.ts";

export interface FillRequest {
  readonly sentence: Sentence;
  readonly parameters: readonly Parameter[];
  readonly known: KnownNames;
  /** The runbook destroys: a target counts only when it is named exactly. */
  readonly strict: boolean;
  /** Stems that describe the runbook; `title` are those of its title and name. */
  readonly vocabulary: ReadonlySet<string>;
  readonly title: ReadonlySet<string>;
  /** Stems of what it does. */
  readonly actions: ReadonlySet<string>;
  /** Known words, so no names of their own. */
  readonly isWord: (word: string) => boolean;
}

export interface Slots {
  readonly filled: ReadonlyMap<string, Filled>;
  readonly unfilled: ReadonlyMap<string, Unfilled>;
  /** Tokens that are values. */
  readonly taken: ReadonlySet<number>;
}

interface Work extends FillRequest {
  readonly filled: Map<string, Filled>;
  readonly unfilled: Map<string, Unfilled>;
  readonly taken: Set<number>;
}

/** Kinds in the order in which they may take words: what is told by its form first, what is told by its place last. */
const order: readonly (readonly Parameter["kind"][])[] = [
  ["object"],
  ["email", "url", "address", "repository", "environment"],
  ["number"],
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

type Found = Filled | Unfilled | null;

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

function free({ sentence, taken }: Work, test: (token: Token, index: number) => boolean): number[] {
  return sentence.tokens.flatMap((token, index) => (!taken.has(index) && test(token, index) ? [index] : []));
}

/** The one token of a form; two different ones are a question. */
function only(work: Work, test: (token: Token, index: number) => boolean): Found {
  return oneOf(work, free(work, test));
}

function oneOf({ sentence: { tokens } }: Work, indexes: readonly number[]): Found {
  const options = [...new Set(indexes.flatMap((index) => tokens[index]?.text ?? []))];
  const [value] = options;
  if (value === undefined) return null;
  return options.length === 1 ? { value, tokens: indexes } : ambiguous(options, indexes);
}

function ambiguous(options: readonly string[], tokens: readonly number[]): Unfilled {
  return { reason: "ambiguous", detail: `It could be ${options.join(" or ")}.`, options, tokens };
}

function invalid({ value, tokens }: Filled, problem: string): Unfilled {
  return { reason: "invalid", detail: `${JSON.stringify(value)} ${problem}.`, options: [], tokens };
}

const leadsToValue = /^(to|->|=|at|value|is)$/;

/** What the rest is about comes first; a name behind `to` or `=` is a value. */
function findHostname(work: Work): Found {
  const { tokens } = work.sentence;
  const all = free(work, isHostname);
  const [first] = all.filter((index) => !leadsToValue.test(tokens[index - 1]?.lower ?? ""));
  if (first !== undefined && wantsText(work)) return { value: tokens[first]?.text ?? "", tokens: [first] };
  return oneOf(work, all);
}

function wantsText({ parameters }: Work): boolean {
  return parameters.some(({ kind, required }) => kind === "text" && required);
}

/** Free text is taken only where something leads to it, or where it is the one value left over. */
function findText(work: Work, { required, cues }: Parameter): Found {
  if (!required) return null;
  const { tokens } = work.sentence;
  const isValue = (token: Token): boolean =>
    token.quoted || isAddressOrNetwork(token) || isHostname(token) || isUrl(token);
  const values = free(work, isValue);
  const led = values.filter((index) => {
    const before = tokens[index - 1]?.lower ?? "";
    return leadsToValue.test(before) || cues.has(stem(before));
  });
  return oneOf(work, led.length > 0 ? led : values);
}

/** An environment that a parameter takes: where something comes from. */
function findPlace({ sentence: { places, tokens } }: Work, parameter: Parameter): Found {
  const { source } = partPlaces(places, tokens, true);
  if (source === null) return null;
  return {
    value: source.environment,
    tokens: [source.token],
    ...(source.mistyped ? { corrected: tokens[source.token]?.text ?? parameter.name } : {}),
  };
}

/** Tells the environment that something comes from and the one that it goes to apart, where a runbook knows both. */
export function partPlaces(places: Sentence["places"], tokens: readonly Token[], knowsSource: boolean) {
  const before = (token: number) => tokens[token - 1]?.lower ?? "";
  const leaves = ({ token }: Sentence["places"][number]) =>
    before(token) === "from" || tokens[token + 1]?.text === "->";
  const arrives = ({ token }: Sentence["places"][number]) => /^(to|into|->)$/.test(before(token));
  if (!knowsSource) return { source: null, targets: places };
  const source =
    places.find(leaves) ?? (places.some(arrives) ? places.find((place) => !arrives(place)) : undefined) ?? null;
  return { source, targets: places.filter((place) => place.environment !== source?.environment) };
}

function findNumber(work: Work, parameter: Parameter): Found {
  const { sentence, taken, parameters } = work;
  const dimension = parameter.unit?.dimension ?? null;
  const fitting = sentence.quantities.filter((one) => one.dimension === dimension && !taken.has(one.from));
  const arriving = fitting.filter((one) => sentence.tokens[one.from - 1]?.lower === "to");
  const candidates = arriving.length > 0 ? arriving : fitting;
  const near = candidates.filter((one) => isNear(sentence.tokens, one, parameter));
  const rivals = parameters.filter((other) => other.kind === "number" && (other.unit?.dimension ?? null) === dimension);
  const alone = rivals.length === 1 && (parameter.required || dimension !== null);
  const [chosen, ...others] = near.length > 0 ? near : alone ? candidates : [];
  if (chosen === undefined) return null;
  if (others.some(({ value }) => value !== chosen.value)) return ambiguous([chosen, ...others].map(({ text }) => text), [chosen, ...others].map(({ from }) => from));
  return valueOf(chosen, parameter);
}

function valueOf({ value, text, relative, from, to }: Quantity, { unit }: Parameter): Found {
  const tokens = Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
  const quoted = JSON.stringify(text);
  if (value === null) {
    const detail = `${quoted} has two readings: write it without the separator.`;
    return { reason: "ambiguous", detail, options: [], tokens };
  }
  if (relative) {
    return { reason: "not_said", detail: `${quoted} says how much more, not how much in all.`, options: [], tokens };
  }
  return { value: Number((value / (unit?.factor ?? 1)).toPrecision(12)), tokens };
}

/** A word of the parameter's name stands at most four words before the number or two behind it. */
function isNear(tokens: readonly Token[], { from, to }: Quantity, { cues }: Parameter): boolean {
  const around = [...tokens.slice(Math.max(0, from - 4), from), ...tokens.slice(to + 1, to + 3)];
  return around.some(({ lower }) => {
    const word = stem(lower);
    return cues.has(word) || [...cues].some((cue) => relatives(cue).has(word));
  });
}

/** A form that no ordinary word has. */
function findPattern(work: Work, { schema }: Parameter): Found {
  const pattern = compile(schema.pattern ?? "");
  if (pattern === null) return null;
  const fits = free(work, ({ text }) => text.length <= 200 && pattern.test(text));
  return oneOf(work, fits) ?? literalIn(work, pattern);
}

/** `Latest` for a pattern that takes `latest`. */
function literalIn(work: Work, pattern: RegExp): Found {
  const [index] = free(work, ({ lower, text }) => text.length <= 40 && text !== lower && pattern.test(lower));
  return index === undefined ? null : { value: work.sentence.tokens[index]?.lower ?? "", tokens: [index] };
}

function findRef(work: Work): Found {
  const { tokens } = work.sentence;
  const led = free(work, (token, index) => {
    const before = tokens[index - 1]?.lower ?? "";
    return /^(branch|tag|commit|ref)$/.test(before) && !stopWords.has(token.lower) && !isUrl(token);
  });
  return oneOf(work, led) ?? only(work, (token) => isCommit(token) || isVersion(token));
}

function findChoice(work: Work, { schema, cues }: Parameter): Found {
  const { tokens } = work.sentence;
  const describes = new Set([...cues, ...(schema.description ?? "").toLowerCase().split(/\W+/).map(stem)]);
  const matches = choicesOf(schema).flatMap((wanted) => {
    const [index] = free(work, (token, at) => {
      if (wanted.length === 1) return token.text === wanted && describes.has(stem(tokens[at + 1]?.lower ?? ""));
      if (wanted.length === 2) return token.text === wanted;
      const own = work.title.has(stem(wanted.toLowerCase()));
      if (own && !cues.has(stem(tokens[at - 1]?.lower ?? ""))) return false;
      return saysOption(token.lower, wanted.toLowerCase(), work.strict);
    });
    return index === undefined ? [] : [{ option: wanted, index }];
  });
  const [first, ...others] = matches;
  if (first === undefined) return null;
  if (others.length > 0) return ambiguous(matches.map(({ option }) => option), matches.map(({ index }) => index));
  return { value: first.option, tokens: [first.index] };
}

function choicesOf({ enum: choices = [] }: Schema): string[] {
  return choices.filter((one) => typeof one === "string");
}

/** `read` says reader, `administrator` admin. */
function saysOption(word: string, option: string, strict: boolean): boolean {
  if (word === option) return true;
  if (strict || !/^[a-z]+$/.test(word) || !/^[a-z]+$/.test(option)) return false;
  return (word.length >= 4 && option.startsWith(word)) || (option.length >= 5 && word.startsWith(option));
}

const switches: ReadonlyMap<string, boolean> = new Map(
  (
    [
      [true, "enable activate turnon switchon"],
      [false, "disable deactivate turnoff switchoff"],
    ] as const
  ).flatMap(([value, words]) => words.split(" ").map((word) => [stem(word), value] as const)),
);

function findBoolean(work: Work, parameter: Parameter): Found {
  const { sentence, taken } = work;
  const isSwitch = [...parameter.cues].some((cue) => switches.has(cue) || cue === "activ" || cue === "on");
  if (isSwitch) return findSwitch(work);
  const words = [...parameter.cues];
  const [index] = free(work, ({ lower, quoted }) => !quoted && words.includes(stem(lower)));
  if (index === undefined || taken.has(index)) return null;
  return { value: !isNegated(sentence.tokens, index), tokens: [index] };
}

function findSwitch(work: Work): Found {
  const { tokens } = work.sentence;
  const said = termsOf(tokens, work.taken).flatMap(({ stem: word, tokens: at }) => {
    const value = switches.get(word);
    return value === undefined ? [] : [{ value, tokens: at }];
  });
  const set = free(work, ({ lower }, index) => /^(on|off)$/.test(lower) && tokens[index - 1]?.text === "=").map(
    (index) => ({
      value: tokens[index]?.lower === "on",
      tokens: [index],
    }),
  );
  const all = [...said, ...set];
  const [first] = all;
  if (first === undefined) return null;
  return all.every(({ value }) => value === first.value) ? first : ambiguous(["on", "off"], []);
}

/** `without a reboot`, `don't reboot`, `rebooting is not ok`. */
export function isNegated(tokens: readonly Token[], index: number): boolean {
  for (let at = index - 1; at >= Math.max(0, index - 3); at--) {
    if (tokens[at]?.ends === true) break;
    if (negations.has(tokens[at]?.lower ?? "")) return true;
  }
  if (tokens[index]?.ends === true) return false;
  return tokens.slice(index + 1, index + 3).some(({ lower }) => lower === "not" || lower === "isn't");
}

/** An object of which all required parts can be told by their form. */
function findObject(work: Work, { name, schema }: Parameter): Found {
  for (const branch of schema.anyOf ?? [schema]) {
    const built = buildObject(work, branch);
    if (built !== null) return { value: built.value, tokens: built.tokens };
  }
  return name === "" ? null : null;
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

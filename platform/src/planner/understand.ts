import type { Effect, Json, JsonObject } from "@gantry/sdk";
import { splitChecks, type AcceptanceCheck } from "./checks.ts";
import { confidenceOf, evidenceFor, isWorded, type Evidence } from "./confidence.ts";
import { fillSlots, partPlaces, isNegated, type Slots } from "./fill.ts";
import type { Entry, Hit, Matcher } from "./match.ts";
import { normalise } from "./normalise.ts";
import { problemWith, questionFor } from "./parameters.ts";
import { readSentence, type Sentence } from "./sentence.ts";
import { relatives, stem, termsOf, type Term } from "./terms.ts";
import { isAddressOrNetwork, isEmail, isHostname, isUrl } from "./typed.ts";
import type { EffectOf, KnownNames, Wish } from "./types.ts";
import { negations, questionWords } from "./vocabulary.ts";

/** Something that must be said before anything runs. */
export interface Missing {
  /** A parameter, `environment`, `checks`, or `runbook` where it isn't sure enough which is meant. */
  readonly name: string;
  readonly question: string;
  readonly reason: "not_said" | "ambiguous" | "not_exact" | "invalid" | "conflict" | "not_checkable";
  /** What it could be, as far as known. */
  readonly options: readonly string[];
}

export interface Alternative {
  readonly runbook: string;
  readonly title: string;
  readonly confidence: number;
}

export interface Understanding {
  /** `ready`: all is said and clear. `asks`: see `missing`. `refused`: nothing here does this, or it must not be done. */
  readonly status: "ready" | "asks" | "refused";
  readonly runbook: string | null;
  /** From 0 to 1: how sure it is that this runbook is meant. */
  readonly confidence: number;
  readonly environment: string | null;
  readonly parameters: JsonObject;
  readonly missing: readonly Missing[];
  readonly alternatives: readonly Alternative[];
  readonly checks: readonly AcceptanceCheck[];
  /** The most that the runbook may do with these parameters. */
  readonly effect: Effect | null;
  /** What a reader should know of how it was read: corrected names, why it is refused. */
  readonly notes: readonly string[];
}

export interface UnderstandDeps {
  readonly matcher: Matcher;
  readonly known: KnownNames;
  readonly effectOf: EffectOf;
}

/** From here on it is sure enough to go on when nothing is missing, and from here on what destroys … */
const sure = 0.5;
const sureToDestroy = 0.8;
/** … and below this it is not even worth asking. */
const hopeless = 0.15;
/** The next best must be at least this much less likely. */
const margin = 0.2;
const looked = 8;

interface Candidate {
  readonly entry: Entry;
  readonly slots: Slots;
  readonly evidence: Evidence;
  readonly confidence: number;
  readonly worded: boolean;
}

/** What a sentence asks for: which runbook with which parameters, how sure that is, and what must still be said. Pure. */
export function understand(deps: UnderstandDeps, wish: Wish): Understanding {
  const { rest, checks, refused } = splitChecks(normalise(wish.text));
  const sentence = readSentence(rest, deps.known.environments, deps.matcher.isWord);
  const candidates = candidatesFor(deps, sentence, wish.runbook);
  const [best, second] = candidates;
  const alternatives = candidates.slice(1, 4).flatMap(toAlternative);
  const nothing = { parameters: {}, missing: [], checks, environment: null, effect: null };
  const stop = wish.runbook === undefined ? stopsShort(sentence, deps.matcher) : null;
  if (best === undefined || stop !== null || (wish.runbook === undefined && best.confidence < hopeless))
    return {
      ...nothing,
      status: "refused",
      runbook: null,
      confidence: stop === null ? rounded(1 - (best?.confidence ?? 0)) : 1,
      alternatives: candidates.slice(0, 4).flatMap(toAlternative),
      notes: [stop ?? "None of the runbooks here does this."],
    };
  const read = complete(deps, sentence, best, wish);
  const unclear = wish.runbook === undefined ? unclearRunbook(best, second, read.effect) : [];
  const uncheckable = refused.map(({ text, why }) => ({
    name: "checks",
    question: `Leave out or rephrase ${JSON.stringify(text)}: ${why}.`,
    reason: "not_checkable" as const,
    options: [],
  }));
  const missing = [...unclear, ...read.missing, ...uncheckable];
  return {
    status: missing.length === 0 ? "ready" : "asks",
    runbook: best.entry.runbook.name,
    confidence: wish.runbook === undefined ? rounded(best.confidence) : 1,
    environment: read.environment,
    parameters: read.parameters,
    missing,
    alternatives,
    checks,
    effect: read.effect,
    notes: read.notes,
  };
}

function toAlternative({ entry: { runbook }, confidence }: Candidate): Alternative[] {
  return confidence < 0.02 ? [] : [{ runbook: runbook.name, title: runbook.title, confidence: rounded(confidence) }];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function candidatesFor(deps: UnderstandDeps, sentence: Sentence, chosen?: string): Candidate[] {
  const { matcher, known } = deps;
  const terms = termsFor(matcher, sentence);
  const hits: Hit[] =
    chosen === undefined
      ? matcher.search([...terms.map((term) => term.stem), ...hintsOf(sentence, known)]).slice(0, looked)
      : matcher.entries.filter(({ runbook }) => runbook.name === chosen).map((entry) => ({ entry, score: 1 }));
  return hits
    .map((hit) => {
      const slots = fillFor(deps, sentence, hit.entry, false);
      const evidence = evidenceFor(hit, sentence, terms, slots);
      const worded = evidence.action > 0 || isWorded(hit.entry, terms, slots);
      return { entry: hit.entry, slots, evidence, confidence: confidenceOf(evidence), worded };
    })
    .toSorted((a, b) => b.confidence - a.confidence);
}

/** The words that say what is wanted; not those that say what isn't, nor places. */
function termsFor(matcher: Matcher, { tokens, places }: Sentence): Term[] {
  const skip = new Set(places.map(({ token }) => token));
  for (const [index, token] of tokens.entries()) {
    if (isUrl(token) || isEmail(token) || isAddressOrNetwork(token)) skip.add(index);
    else if (index > 0 && isNegated(tokens.slice(0, index + 1), index)) skip.add(index);
  }
  return termsOf(tokens, skip, (word) => matcher.correct(word));
}

/** What kinds of things are named, as words: `checkout` speaks for runbooks about services. */
function hintsOf({ tokens }: Sentence, { names }: KnownNames): string[] {
  const written = new Set(tokens.map(({ text }) => text));
  const kinds = Object.keys(names).filter((kind) => names[kind]?.some((name) => written.has(name)));
  const forms = tokens.flatMap((token) => {
    if (isEmail(token)) return ["person", "access"];
    if (isAddressOrNetwork(token)) return ["address"];
    if (isUrl(token)) return ["url"];
    return isHostname(token) ? ["domain"] : [];
  });
  return [...kinds, ...forms].map(stem);
}

function fillFor({ known, matcher }: UnderstandDeps, sentence: Sentence, entry: Entry, strict: boolean): Slots {
  const { parameters, vocabulary, title, actions } = entry;
  return fillSlots({ sentence, parameters, known, strict, vocabulary, title, actions, isWord: matcher.isWord });
}

/** Why the sentence isn't a wish at all; null when it may be one. */
function stopsShort({ tokens }: Sentence, matcher: Matcher): string | null {
  const [first] = tokens;
  if (first !== undefined && questionWords.has(first.lower) && !first.quoted)
    return "It asks a question. Goals say what shall be done.";
  const actions = new Set(matcher.entries.flatMap((entry) => [...entry.actions]));
  for (const [index, { lower, quoted }] of tokens.entries()) {
    if (quoted || !/^(don't|dont|not|never|nicht)$/.test(lower)) continue;
    const next = tokens.slice(index + 1, index + 4).find((token) => !negations.has(token.lower));
    const word = next === undefined ? "" : stem(next.lower);
    const said = actions.has(word) || [...relatives(word)].some((other) => actions.has(other));
    const earlier = termsOf(tokens.slice(0, index)).some(
      (term) => actions.has(term.stem) || [...relatives(term.stem)].some((other) => actions.has(other)),
    );
    if (said && !earlier) return "It says what must not be done, so nothing is done.";
  }
  return null;
}

function unclearRunbook(best: Candidate, second: Candidate | undefined, effect: Effect): Missing[] {
  const close = second !== undefined && best.confidence - second.confidence < margin;
  const enough = best.confidence >= (effect === "destroys" ? sureToDestroy : sure);
  // A thing alone, however well known, isn't a wish.
  if (enough && !close && best.worded) return [];
  const options = [best, ...(second !== undefined && second.confidence >= hopeless ? [second] : [])];
  return [
    {
      name: "runbook",
      question: `Is this what you mean: ${options.map(({ entry }) => entry.runbook.title).join(", or: ")}?`,
      reason: "ambiguous",
      options: options.map(({ entry }) => entry.runbook.name),
    },
  ];
}

/** The parameters, strictly where the runbook destroys, what was given besides, and what is missing. */
function complete(deps: UnderstandDeps, sentence: Sentence, { entry, slots }: Candidate, wish: Wish) {
  const { name } = entry.runbook;
  const given = wish.parameters ?? {};
  const loose = { ...valuesOf(slots), ...given };
  const effect = deps.effectOf(name, loose);
  const strict = effect === "destroys";
  const read = strict ? fillFor(deps, sentence, entry, true) : slots;
  const parameters: Record<string, Json> = { ...valuesOf(read), ...given };
  const missing: Missing[] = [];
  for (const parameter of entry.parameters) {
    if (Object.hasOwn(given, parameter.name)) {
      const problem = problemWith(parameter, given[parameter.name] ?? null);
      if (problem !== null)
        missing.push({
          name: parameter.name,
          question: questionFor(parameter),
          reason: "invalid",
          options: optionsOf(parameter.schema.enum),
        });
      continue;
    }
    const unfilled = read.unfilled.get(parameter.name);
    if (Object.hasOwn(parameters, parameter.name) || (unfilled === undefined && !parameter.required)) continue;
    missing.push({
      name: parameter.name,
      question: `${unfilled === undefined ? "" : `${unfilled.detail} `}${questionFor(parameter)}`,
      reason: unfilled?.reason ?? "not_said",
      options:
        unfilled !== undefined && unfilled.options.length > 0 ? unfilled.options : optionsOf(parameter.schema.enum),
    });
  }
  const place = placeFor(deps.known, sentence, entry, wish, strict);
  const corrected = [...read.filled].flatMap(([parameter, { corrected: written, value }]) =>
    written === undefined || Object.hasOwn(given, parameter)
      ? []
      : [`${JSON.stringify(written)} is read as ${JSON.stringify(value)}.`],
  );
  return {
    parameters,
    missing: [...missing, ...place.missing],
    environment: place.environment,
    effect,
    notes: [...corrected, ...place.notes],
  };
}

function valuesOf({ filled }: Slots): JsonObject {
  return Object.fromEntries([...filled].map(([name, { value }]) => [name, value]));
}

function optionsOf(choices: readonly Json[] | undefined): string[] {
  return (choices ?? []).map(String);
}

function placeFor(known: KnownNames, sentence: Sentence, entry: Entry, wish: Wish, strict: boolean) {
  const knowsSource = entry.parameters.some(({ kind }) => kind === "environment");
  const { targets } = partPlaces(sentence.places, sentence.tokens, knowsSource);
  const said = [...new Set(targets.map(({ environment }) => environment))];
  const ask = (reason: Missing["reason"], question: string) => ({
    environment: null,
    missing: [{ name: "environment", question, reason, options: [...known.environments] }],
    notes: [],
  });
  if (wish.environment !== undefined) {
    const other = said.find((name) => name !== wish.environment);
    if (other !== undefined)
      return ask(
        "conflict",
        `The sentence says ${other}, and ${wish.environment} was given besides. In which environment?`,
      );
    return { environment: wish.environment, missing: [], notes: [] };
  }
  const [environment] = said;
  if (environment === undefined) return ask("not_said", "In which environment?");
  if (said.length > 1) return ask("ambiguous", `It could be ${said.join(" or ")}. In which environment?`);
  const slips = targets.every(({ mistyped }) => mistyped);
  const written = sentence.tokens[targets[0]?.token ?? -1]?.text ?? "";
  if (slips && strict)
    return ask("not_exact", `${JSON.stringify(written)} isn't an environment here. In which environment?`);
  return {
    environment,
    missing: [],
    notes: slips ? [`${JSON.stringify(written)} is read as ${JSON.stringify(environment)}.`] : [],
  };
}

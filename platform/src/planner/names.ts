import { nearest } from "../lib/distance.ts";
import type { Parameter } from "./parameters.ts";
import { compile } from "./parameters.ts";
import { relatives, stem } from "./terms.ts";
import { isAddressOrNetwork, isEmail, isHostname, isUrl, looksLikeName } from "./typed.ts";
import type { Filled, Token, Unfilled } from "./types.ts";
import { quantifiers, stopWords } from "./vocabulary.ts";

export interface NameSearch {
  readonly tokens: readonly Token[];
  readonly taken: ReadonlySet<number>;
  /** Names that things have which this parameter takes. */
  readonly known: readonly string[];
  /** The runbook destroys: only what is named exactly counts. */
  readonly strict: boolean;
  /** Stems that the runbook itself is described with, so that they aren't names. */
  readonly vocabulary: ReadonlySet<string>;
  /** Stems of what the runbook does: the first words of its wishes. */
  readonly actions: ReadonlySet<string>;
  /** A word of the trade or of the catalogue, so no name of its own. */
  readonly isWord: (word: string) => boolean;
}

interface Mention {
  readonly name: string;
  readonly tokens: readonly number[];
  readonly exact: boolean;
  readonly written: string;
}

/** The thing that a sentence names: one that is known, or one that is introduced as a name. Never one of two. */
export function findName(parameter: Parameter, search: NameSearch): Filled | Unfilled | null {
  const mentions = distinct(mentionsOf(search));
  const inexact = mentions.filter(({ exact }) => !exact);
  if (mentions.length > 1) {
    const options = [...new Set(mentions.map(({ name }) => name))];
    return ambiguous(
      options,
      mentions.flatMap(({ tokens }) => tokens),
    );
  }
  const [mention] = mentions;
  if (mention !== undefined && search.strict && inexact.length > 0)
    return { ...unknown(mention.written, exactly), options: [mention.name], tokens: mention.tokens };
  if (mention !== undefined) return filledBy(mention);
  return introduced(parameter, search);
}

function filledBy({ name, tokens, exact, written }: Mention): Filled {
  return { value: name, tokens, ...(exact ? {} : { corrected: written }) };
}

function mentionsOf({ tokens, taken, known }: NameSearch): Mention[] {
  const found: Mention[] = [];
  const free = (index: number) => tokens[index] !== undefined && !taken.has(index);
  for (const name of known) {
    const parts = partsOf(name);
    for (let index = 0; index < tokens.length; index++) {
      if (!free(index)) continue;
      const written = tokens[index]?.text.replace(/'s$/, "") ?? "";
      if (written === name) found.push({ name, tokens: [index], exact: true, written });
      else if (partsOf(written).join(" ") === parts.join(" "))
        found.push({ name, tokens: [index], exact: false, written });
      else if (parts.length > 1) {
        const run = parts.map((_, offset) => index + offset);
        if (run.every((at, offset) => free(at) && tokens[at]?.lower === parts[offset]))
          found.push({ name, tokens: run, exact: false, written: run.map((at) => tokens[at]?.text).join(" ") });
      }
    }
  }
  // `orders archive` names orders_archive, and not orders as well.
  const longest = found.filter(
    (one) =>
      !found.some((other) => other.tokens.length > one.tokens.length && other.tokens.includes(one.tokens[0] ?? -1)),
  );
  return longest.length > 0 ? longest : slips(tokens, taken, known);
}

function slips(tokens: readonly Token[], taken: ReadonlySet<number>, known: readonly string[]): Mention[] {
  return tokens.flatMap((token, index): Mention[] => {
    if (taken.has(index) || stopWords.has(token.lower)) return [];
    const name = nearest(
      token.lower,
      known.map((one) => one.toLowerCase()),
    );
    const meant = known.find((one) => one.toLowerCase() === name);
    return meant === undefined ? [] : [{ name: meant, tokens: [index], exact: false, written: token.text }];
  });
}

function distinct(mentions: readonly Mention[]): Mention[] {
  return [...new Map(mentions.map((one) => [one.name, one])).values()];
}

function partsOf(name: string): string[] {
  return name.toLowerCase().split(/[-_. ]+/);
}

/** A name that nothing known has: `bucket acme-raw`, `called acme-raw`, `"acme-raw"`, or by its look. */
function introduced(parameter: Parameter, search: NameSearch): Filled | Unfilled | null {
  const { tokens, known, strict } = search;
  const candidates = tokens.flatMap((_, index) => {
    const strength = strengthOf(parameter, search, index);
    return strength === 0 ? [] : [{ index, strength }];
  });
  const best = Math.max(0, ...candidates.map(({ strength }) => strength));
  const chosen = candidates.filter(({ strength }) => strength === best);
  const names = new Set(chosen.map(({ index }) => tokens[index]?.text));
  if (names.size > 1) {
    return ambiguous(
      [...names].flatMap((name) => name ?? []),
      chosen.map(({ index }) => index),
    );
  }
  const [first] = chosen;
  const token = first === undefined ? undefined : tokens[first.index];
  if (first === undefined || token === undefined) return null;
  if (strict && (known.length > 0 || best < explicit)) return unknown(token.text, exactly, first.index);
  if (best === placed && known.length > 0) return unknown(token.text, "");
  return { value: token.text, tokens: [first.index] };
}

/** Introduced by words that say so. */
const explicit = 3;
/** It only stands where the name would: `restart foobar in prod`. */
const placed = 2;

const exactly = ", and what is destroyed must be named exactly";

function unknown(text: string, because: string, ...tokens: number[]): Unfilled {
  const detail = `${JSON.stringify(text)} isn't the name of anything known here${because}.`;
  return { reason: "not_exact", detail, options: [], tokens };
}

function ambiguous(options: readonly string[], tokens: readonly number[]): Unfilled {
  return { reason: "ambiguous", detail: `It could be ${options.join(" or ")}.`, options, tokens };
}

/** How clearly a token is introduced as this parameter's value: 0 not at all. */
function strengthOf(
  parameter: Parameter,
  { tokens, taken, vocabulary, actions, isWord }: NameSearch,
  index: number,
): number {
  const token = tokens[index];
  if (token === undefined || taken.has(index) || !fits(parameter, token)) return 0;
  if (token.quoted) return 5;
  const before = tokens[index - 1];
  const wordy = !looksLikeName(token);
  const common = stopWords.has(token.lower) || quantifiers.has(token.lower) || vocabulary.has(stem(token.lower));
  if (wordy && (common || isWord(token.lower))) return 0;
  if (before !== undefined && !before.ends && /^(called|named)$/.test(before.lower)) return 4;
  const nounBefore = before !== undefined && !before.ends && isNoun(parameter, before);
  if (nounBefore && (!wordy || closes(tokens, index))) return explicit;
  if (wordy) return isObject(parameter, { tokens, actions }, index) && closes(tokens, index) ? placed : 0;
  const after = tokens[index + 1];
  return after !== undefined && !token.ends && isNoun(parameter, after) ? explicit : 1;
}

function fits({ schema }: Parameter, token: Token): boolean {
  if (isEmail(token) || isUrl(token) || isAddressOrNetwork(token)) return false;
  if (schema.pattern !== undefined)
    return token.text.length <= 100 && compile(schema.pattern)?.test(token.text) === true;
  return !isHostname(token) && /^[\w.-]{1,200}$/.test(token.text);
}

/** Right behind the verb, but for an article: `restart the foobar`. */
function isObject(
  parameter: Parameter,
  { tokens, actions }: Pick<NameSearch, "tokens" | "actions">,
  index: number,
): boolean {
  if (!parameter.required) return false;
  let before = index - 1;
  while (before > 0 && /^(the|our|my|service)$/.test(tokens[before]?.lower ?? "")) before -= 1;
  const verb = tokens[before];
  if (verb === undefined || verb.quoted || verb.ends) return false;
  const word = stem(verb.lower);
  return actions.has(word) || [...relatives(word)].some((other) => actions.has(other));
}

function isNoun({ cues }: Parameter, { lower }: Token): boolean {
  const word = stem(lower);
  return cues.has(word) || [...cues].some((cue) => relatives(cue).has(word));
}

/** The noun phrase ends behind it: `the service foobar in prod`, not `the service foobar team`. */
function closes(tokens: readonly Token[], index: number): boolean {
  const after = tokens[index + 1];
  return tokens[index]?.ends === true || after === undefined || stopWords.has(after.lower);
}

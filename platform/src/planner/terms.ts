import { stemmer } from "stemmer";
import { normalise } from "./normalise.ts";
import { tokenise } from "./tokens.ts";
import type { Token } from "./types.ts";
import { particles, stopWords, synonyms } from "./vocabulary.ts";

/** A word that means something, by its stem, and the tokens it was written with. */
export interface Term {
  readonly stem: string;
  readonly tokens: readonly number[];
}

/** How far a particle may be from its verb. */
const reach = 6;

/** The terms of a sentence. `skip` are tokens that are names or values; `correct` mends what was mistyped. */
export function termsOf(
  tokens: readonly Token[],
  skip: ReadonlySet<number> = new Set(),
  correct: (word: string) => string = (word) => word,
): Term[] {
  const terms: Term[] = [];
  const used = new Set(skip);
  for (const [index, token] of tokens.entries()) {
    if (used.has(index) || token.quoted) continue;
    const word = correct(bare(token.lower));
    const particle = particleOf(tokens, index, word, skip);
    if (particle !== null) {
      used.add(particle);
      terms.push({ stem: stem(word + (tokens[particle]?.lower ?? "")), tokens: [index, particle] });
    } else if (!stopWords.has(word) && /\p{L}/u.test(word)) {
      for (const part of partsOf(word)) terms.push({ stem: stem(part), tokens: [index] });
    }
  }
  return terms;
}

/** The stems of a text of a runbook. */
export function stemsOf(text: string): string[] {
  return termsOf(tokenise(normalise(text))).map((term) => term.stem);
}

/** Stems that may stand for this one. */
export function relatives(term: string): ReadonlySet<string> {
  return related.get(term) ?? none;
}

export function stem(word: string): string {
  return stemmer(word);
}

const none: ReadonlySet<string> = new Set();

const related: ReadonlyMap<string, ReadonlySet<string>> = [...synonyms].reduce((all, [word, others]) => {
  const key = stem(word);
  const known = all.get(key) ?? new Set<string>();
  for (const other of others) if (stem(other) !== key) known.add(stem(other));
  return all.set(key, known);
}, new Map<string, Set<string>>());

function bare(word: string): string {
  return word.replace(/'s$/, "").slice(0, 60);
}

/** `back-up` and `load-test` are their parts. */
function partsOf(word: string): string[] {
  return word.split(/[-_/.]/).filter((part) => part !== "" && !stopWords.has(part));
}

function particleOf(tokens: readonly Token[], verb: number, word: string, skip: ReadonlySet<number>): number | null {
  const wanted = Object.hasOwn(particles, word) ? particles[word] : undefined;
  if (wanted === undefined || tokens[verb]?.ends === true) return null;
  for (let index = verb + 1; index < tokens.length && index <= verb + reach; index++) {
    const token = tokens[index];
    if (token === undefined || (token.quoted && !skip.has(index))) return null;
    // `on prod`, `to dev`: where the name of a place follows, it is a preposition.
    if (
      wanted.has(token.lower) &&
      !skip.has(index) &&
      (index === verb + 1 || !skip.has(index + 1) || token.lower !== "on")
    )
      return index;
    if (token.ends) return null;
  }
  return null;
}

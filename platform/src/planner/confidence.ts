import type { Entry, Hit } from "./match.ts";
import type { Sentence } from "./sentence.ts";
import type { Slots } from "./fill.ts";
import { relatives, type Term } from "./terms.ts";

/** What speaks for a runbook, each from 0 to 1. */
export interface Evidence {
  /** BM25+ over the catalogue's texts, compared with the best runbook's. */
  readonly search: number;
  /** How much of its clearest wish the sentence says. */
  readonly wish: number;
  /** How much of the sentence it explains: words that describe it, and values that it takes. */
  readonly coverage: number;
  /** Whether what it does is said, and first: `kick the mailer, it stopped` is about kicking. */
  readonly action: number;
  /** How many of its required parameters the sentence fills. */
  readonly filled: number;
}

export function evidenceFor({ entry, score }: Hit, sentence: Sentence, terms: readonly Term[], slots: Slots): Evidence {
  const said = new Set(terms.map(({ stem }) => stem));
  const nouns = nounsOf(entry, slots);
  const required = entry.parameters.filter((parameter) => parameter.required);
  const filled = required.filter(({ name }) => slots.filled.has(name));
  return {
    search: score,
    wish: Math.max(0, ...entry.wishes.map((wish) => shareOf(wish, said, nouns))),
    coverage: coverageOf(entry, terms, slots),
    action: actionOf(entry, terms),
    filled: required.length === 0 ? 0.5 : filled.length / required.length,
  };
}

/** What filled parameters are called: a sentence that names `checkout` needn't say that it is a service. */
function nounsOf({ parameters }: Entry, { filled, unfilled }: Slots): ReadonlySet<string> {
  const told = (name: string) => filled.has(name) || (unfilled.get(name)?.tokens.length ?? 0) > 0;
  return new Set(parameters.flatMap(({ name, cues }) => (told(name) ? [...cues] : [])));
}

function actionOf({ actions }: Entry, terms: readonly Term[]): number {
  const values = terms.map(({ stem }, index) => {
    const place = index === 0 ? 1 : 0.7;
    if (actions.has(stem)) return place;
    return [...relatives(stem)].some((other) => actions.has(other)) ? 0.8 * place : 0;
  });
  return Math.max(0, ...values);
}

function shareOf(wish: ReadonlySet<string>, said: ReadonlySet<string>, nouns: ReadonlySet<string>): number {
  let sum = 0;
  for (const word of wish) {
    if (said.has(word)) sum += 1;
    else if ([...relatives(word)].some((other) => said.has(other))) sum += 0.8;
    else if (nouns.has(word) || [...relatives(word)].some((other) => nouns.has(other))) sum += 0.7;
  }
  return sum / wish.size;
}

/** Whether any word of the sentence, and not only a value in it, speaks of what the runbook is about. */
export function isWorded({ vocabulary }: Entry, terms: readonly Term[], { taken }: Slots): boolean {
  return terms.some(({ stem, tokens }) => {
    const isValue = tokens.some((token) => taken.has(token));
    return !isValue && (vocabulary.has(stem) || [...relatives(stem)].some((other) => vocabulary.has(other)));
  });
}

/** Values count as much as words: one that the runbook has no parameter for is left unexplained. */
function coverageOf({ vocabulary, parameters }: Entry, terms: readonly Term[], { taken }: Slots): number {
  if (terms.length === 0) return 0;
  const cues = new Set(parameters.flatMap((parameter) => [...parameter.cues]));
  let sum = 0;
  for (const { stem, tokens } of terms) {
    if (tokens.some((token) => taken.has(token)) || vocabulary.has(stem) || cues.has(stem)) sum += 1;
    else if ([...relatives(stem)].some((other) => vocabulary.has(other) || cues.has(other))) sum += 0.8;
  }
  return sum / terms.length;
}

/** Fitted to bench/goals/development.jsonl by bench/goals/fit.ts; a reader can check each against the sentences there. */
const weights = { bias: -11.7, search: 6.4, wish: 2.8, coverage: 3.7, action: 1.8, filled: 0.8 };

/** How likely it is that this runbook is meant, from 0 to 1. */
export function confidenceOf(evidence: Evidence): number {
  const sum =
    weights.bias +
    weights.search * evidence.search +
    weights.wish * evidence.wish +
    weights.coverage * evidence.coverage +
    weights.action * evidence.action +
    weights.filled * evidence.filled;
  return 1 / (1 + Math.exp(-sum));
}

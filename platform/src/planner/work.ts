import type { Parameter } from "./parameters.ts";
import type { Sentence } from "./sentence.ts";
import type { Filled, KnownNames, Token, Unfilled } from "./types.ts";

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

/** The filling of a sentence's slots under way. */
export interface Work extends FillRequest {
  readonly filled: Map<string, Filled>;
  readonly unfilled: Map<string, Unfilled>;
  readonly taken: Set<number>;
}

/** A value, the reason why there is none though something is said, or nothing at all. */
export type Found = Filled | Unfilled | null;

export function free({ sentence, taken }: Work, test: (token: Token, index: number) => boolean): number[] {
  return sentence.tokens.flatMap((token, index) => (!taken.has(index) && test(token, index) ? [index] : []));
}

/** The one token of a form; two different ones are a question. */
export function only(work: Work, test: (token: Token, index: number) => boolean): Found {
  return oneOf(work, free(work, test));
}

export function oneOf({ sentence: { tokens } }: Work, indexes: readonly number[]): Found {
  const options = [...new Set(indexes.flatMap((index) => tokens[index]?.text ?? []))];
  const [value] = options;
  if (value === undefined) return null;
  return options.length === 1 ? { value, tokens: indexes } : ambiguous(options, indexes);
}

export function ambiguous(options: readonly string[], tokens: readonly number[]): Unfilled {
  return { reason: "ambiguous", detail: `It could be ${options.join(" or ")}.`, options, tokens };
}

import MiniSearch from "minisearch";
import { nearest } from "../lib/distance.ts";
import { describedBy, parametersOf, wordsOf, type Parameter } from "./parameters.ts";
import { relatives, stem, stemsOf } from "./terms.ts";
import { tokenise } from "./tokens.ts";
import type { PlannerRunbook } from "./types.ts";
import { particles, stopWords, synonyms } from "./vocabulary.ts";

/** A runbook with what matching needs of it. */
export interface Entry {
  readonly runbook: PlannerRunbook;
  readonly parameters: readonly Parameter[];
  /** Stems of title and name. */
  readonly title: ReadonlySet<string>;
  /** Stems of all that describes it. */
  readonly vocabulary: ReadonlySet<string>;
  /** Its wishes, each as stems: title and intents. */
  readonly wishes: readonly ReadonlySet<string>[];
  /** The first words of the wishes: what it does. */
  readonly actions: ReadonlySet<string>;
}

export interface Hit {
  readonly entry: Entry;
  /** BM25+, in shares of the best. */
  readonly score: number;
}

export interface Matcher {
  readonly entries: readonly Entry[];
  search(stems: readonly string[]): Hit[];
  /** Whether it is a word of the trade or of the catalogue. */
  isWord(word: string): boolean;
  /** Mends a mistyped word that catalogue or trade know. */
  correct(word: string): string;
}

const fields = { title: 3, intents: 3, examples: 1.5, name: 2, description: 1, parameters: 0.7 } as const;
const related = 0.5;

/** An index over a catalogue. Built once; searching changes nothing. */
export function createMatcher(runbooks: readonly PlannerRunbook[]): Matcher {
  const entries = runbooks.map(toEntry);
  const index = new MiniSearch<{ id: number } & Record<keyof typeof fields, string>>({
    fields: Object.keys(fields),
    tokenize: (text) => text.split(" ").filter((word) => word !== ""),
    processTerm: (term) => term,
  });
  index.addAll(entries.map((entry, id) => ({ id, ...documentOf(entry) })));
  const words = dictionaryOf(runbooks);
  return {
    entries,
    search: (stems) => searchIn(index, entries, stems),
    isWord: (word) => words.has(word),
    correct: (word) => (words.has(word) || !/^\p{Ll}+$/u.test(word) ? word : (nearest(word, words) ?? word)),
  };
}

function searchIn(index: MiniSearch, entries: readonly Entry[], stems: readonly string[]): Hit[] {
  const own = new Set(stems);
  if (own.size === 0) return [];
  const found = index.search([...own].join(" "), {
    boost: fields,
    processTerm: (term) => [term, ...[...relatives(term)].filter((other) => !own.has(other))],
    boostTerm: (term) => (own.has(term) ? 1 : related),
  });
  const best = found[0]?.score ?? 1;
  return found.flatMap(({ id, score }) => {
    const entry = entries[id as number];
    return entry === undefined ? [] : [{ entry, score: score / best }];
  });
}

function toEntry(runbook: PlannerRunbook): Entry {
  const parameters = parametersOf(runbook.parameters);
  const name = wordsOf(runbook.name).map(stem);
  const title = new Set([...stemsOf(runbook.title), ...name]);
  const told = [runbook.title, runbook.description, ...runbook.intents].flatMap(stemsOf);
  const wishes = [runbook.title, ...runbook.intents]
    .map((wish) => new Set(stemsOf(wish)))
    .filter(({ size }) => size > 0);
  return {
    runbook,
    parameters,
    title,
    actions: new Set(wishes.flatMap((wish) => [...wish].slice(0, 1))),
    vocabulary: new Set([...name, ...told]),
    wishes,
  };
}

function documentOf({ runbook, parameters }: Entry): Record<keyof typeof fields, string> {
  const stems = (texts: readonly string[]) => texts.flatMap(stemsOf).join(" ");
  return {
    title: stems([runbook.title]),
    intents: stems(runbook.intents),
    examples: stems(runbook.examples),
    name: wordsOf(runbook.name).map(stem).join(" "),
    description: stems([runbook.description]),
    parameters: parameters
      .filter(({ required }) => required)
      .flatMap(describedBy)
      .join(" "),
  };
}

function dictionaryOf(runbooks: readonly PlannerRunbook[]): ReadonlySet<string> {
  const told = runbooks.flatMap(({ title, intents, description }) => [title, description, ...intents]);
  const words = told.flatMap(tokenise).flatMap(({ lower }) => lower.split(/[^\p{L}]+/u));
  return new Set(
    [...words, ...stopWords, ...synonyms.keys(), ...Object.keys(particles)].filter((word) => /^\p{L}{2,}$/u.test(word)),
  );
}

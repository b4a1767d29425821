import { nearest } from "../lib/distance.ts";
import { quantitiesOf, type Quantity } from "./quantities.ts";
import { tokenise } from "./tokens.ts";
import type { Token } from "./types.ts";

/** A sentence taken apart, before anything is known of runbooks. */
export interface Sentence {
  readonly tokens: readonly Token[];
  readonly quantities: readonly Quantity[];
  readonly places: readonly Place[];
}

/** An environment that the sentence names. */
export interface Place {
  readonly environment: string;
  readonly token: number;
  /** It was spelled another way than any that it is known by. */
  readonly mistyped: boolean;
}

/** What environments are called besides their names, where the organization has one of the first name only. */
const aliases: readonly (readonly string[])[] = [
  ["prod", "production", "prd"],
  ["staging", "stage", "stg"],
  ["dev", "development"],
  ["test", "testing"],
];

/** `isWord` knows what isn't a slip of the pen. */
export function readSentence(
  text: string,
  environments: readonly string[],
  isWord: (word: string) => boolean,
): Sentence {
  const tokens = tokenise(text);
  return { tokens, quantities: quantitiesOf(tokens), places: placesOf(tokens, environments, isWord) };
}

function placesOf(
  tokens: readonly Token[],
  environments: readonly string[],
  isWord: (word: string) => boolean,
): Place[] {
  const spellings = new Map<string, string>();
  for (const group of aliases) {
    const [own, ...others] = environments.filter((name) => group.includes(name));
    if (own !== undefined && others.length === 0) for (const alias of group) spellings.set(alias, own);
  }
  for (const name of environments) spellings.set(name, name);
  return tokens.flatMap((token, index): Place[] => {
    const word = token.lower.replace(/'s$/, "");
    const exact = spellings.get(word);
    if (exact !== undefined) return [{ environment: exact, token: index, mistyped: false }];
    const slip = token.quoted || isWord(word) || !/^[a-z]+$/.test(word) ? undefined : nearest(word, spellings.keys());
    const meant = slip === undefined ? undefined : spellings.get(slip);
    return meant === undefined ? [] : [{ environment: meant, token: index, mistyped: true }];
  });
}

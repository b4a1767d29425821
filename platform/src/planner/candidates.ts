import { confidenceOf, evidenceFor, isWorded, type Evidence } from "./confidence.ts";
import { fillSlots, type Slots } from "./fill.ts";
import { isNegated } from "./find-boolean.ts";
import type { Entry, Hit, Matcher } from "./match.ts";
import type { Sentence } from "./sentence.ts";
import { stem, termsOf, type Term } from "./terms.ts";
import { isAddressOrNetwork, isEmail, isHostname, isUrl } from "./typed.ts";
import type { EffectOf, KnownNames } from "./types.ts";

/** What reading a sentence needs: a catalogue, and the names that the reader may know. */
export interface UnderstandDeps {
  readonly matcher: Matcher;
  readonly known: KnownNames;
  readonly effectOf: EffectOf;
}

/** A runbook that may be meant, with what the sentence fills of it. */
export interface Candidate {
  readonly entry: Entry;
  readonly slots: Slots;
  readonly evidence: Evidence;
  readonly confidence: number;
  readonly worded: boolean;
}

/** The best of the search are looked at closely. */
const looked = 8;
/** Runbooks that a sentence may mean, the likeliest first. */
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

export function fillFor({ known, matcher }: UnderstandDeps, sentence: Sentence, entry: Entry, strict: boolean): Slots {
  const { parameters, vocabulary, title, actions } = entry;
  return fillSlots({ sentence, parameters, known, strict, vocabulary, title, actions, isWord: matcher.isWord });
}

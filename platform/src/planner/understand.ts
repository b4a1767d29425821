import type { Effect, JsonObject } from "@gantry/sdk";
import { candidatesFor, type Candidate, type UnderstandDeps } from "./candidates.ts";
import { splitChecks, type AcceptanceCheck } from "./checks.ts";
import { complete, type Missing } from "./complete.ts";
import { beyondGoals, noWish } from "./limits.ts";
import { maxGoalLength, normalise } from "./normalise.ts";
import { readSentence } from "./sentence.ts";
import type { Wish } from "./types.ts";

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
  /** It is a wish, and none of the runbooks by itself does it, or hardly. */
  readonly beyond: boolean;
}

/** From here on it is sure enough to go on when nothing is missing, and from here on what destroys … */
const sure = 0.5;
const sureToDestroy = 0.8;
/** … and below this it is not even worth asking. */
const hopeless = 0.15;
/** Below this a model plans it, where one is connected: asking whether that is meant would mislead more often than help. */
const doubtful = 0.4;
/** The next best must be at least this much less likely. */
const margin = 0.2;
/** More words aren't a goal but a document, and reading them would take long. */
const mostWords = 150;

/** What a sentence asks for: which runbook with which parameters, how sure that is, and what must still be said. Pure. */
export function understand(deps: UnderstandDeps, wish: Wish): Understanding {
  const text = normalise(wish.text);
  if (text.length > maxGoalLength || text.split(" ").length > mostWords) return tooLong;
  const { rest, checks, refused } = splitChecks(text);
  const sentence = readSentence(rest, deps.known.environments, deps.matcher.isWord);
  const candidates = candidatesFor(deps, sentence, wish.runbook);
  const [best, second] = candidates;
  const alternatives = candidates.slice(1, 4).flatMap(toAlternative);
  const nothing = { parameters: {}, missing: [], checks, environment: null, effect: null };
  const stop = wish.runbook === undefined ? noWish(sentence, deps.matcher) : null;
  if (best === undefined || stop !== null || (wish.runbook === undefined && best.confidence < hopeless))
    return {
      ...nothing,
      status: "refused",
      runbook: null,
      confidence: stop === null ? rounded(1 - (best?.confidence ?? 0)) : 1,
      alternatives: candidates.slice(0, 4).flatMap(toAlternative),
      notes: [stop ?? "None of the runbooks here does this."],
      beyond: stop === null,
    };
  const read = complete(deps, sentence, best, wish);
  const unclear = wish.runbook === undefined ? unclearRunbook(best, second, read.effect) : [];
  const uncheckable = refused.map(({ text, why }) => ({
    name: "checks",
    question: `Leave out or rephrase ${JSON.stringify(text)}: ${why}.`,
    reason: "not_possible" as const,
    options: [],
  }));
  const beyond = wish.runbook === undefined ? beyondGoals(sentence, deps.matcher, best.entry) : [];
  const missing = [...unclear, ...beyond, ...read.missing, ...uncheckable];
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
    beyond: beyond.some(({ name }) => name === "runbook") || (wish.runbook === undefined && best.confidence < doubtful),
  };
}

const tooLong: Understanding = {
  status: "refused",
  runbook: null,
  confidence: 1,
  environment: null,
  parameters: {},
  missing: [],
  alternatives: [],
  checks: [],
  effect: null,
  notes: [`It is too long for a goal: say one thing in at most ${mostWords} words.`],
  beyond: true,
};

function toAlternative({ entry: { runbook }, confidence }: Candidate): Alternative[] {
  return confidence < 0.02 ? [] : [{ runbook: runbook.name, title: runbook.title, confidence: rounded(confidence) }];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
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

import type { Effect, Json, JsonObject } from "@gantry/sdk";

/** What the planner knows of a runbook. */
export interface PlannerRunbook {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly intents: readonly string[];
  readonly examples: readonly string[];
  /** JSON Schema of the parameters. */
  readonly parameters: JsonObject;
}

/** What one organization's things are called; nothing of another's may be among it. */
export interface KnownNames {
  readonly environments: readonly string[];
  /** By the parameter that takes them: `service`, `state`, … */
  readonly names: Readonly<Record<string, readonly string[]>>;
}

/** What somebody wants, and what was said besides the sentence. */
export interface Wish {
  readonly text: string;
  /** A runbook chosen by name instead of by matching. */
  readonly runbook?: string;
  /** Parameters given one by one; they win over the sentence. */
  readonly parameters?: JsonObject;
  /** Named outside of the sentence. */
  readonly environment?: string;
}

/** A word, a name or a number of a sentence, by where it stands. */
export interface Token {
  /** As written, without the punctuation around it. */
  readonly text: string;
  readonly lower: string;
  /** Between quotation marks: a value, never an instruction. */
  readonly quoted: boolean;
  /** A comma, full stop or the like follows. */
  readonly ends: boolean;
}

/** What was filled from the sentence, and which of its words that took. */
export interface Filled {
  readonly value: Json;
  readonly tokens: readonly number[];
  /** What it was read from, where that isn't the value itself: `chekout` for `checkout`. */
  readonly corrected?: string;
}

/** Why a parameter wasn't filled, in words, and what it could be. */
export interface Unfilled {
  readonly reason: "not_said" | "ambiguous" | "not_exact" | "invalid" | "conflict";
  readonly detail: string;
  readonly options: readonly string[];
  /** The words that it is about. */
  readonly tokens: readonly number[];
}

export type EffectOf = (runbook: string, parameters: JsonObject) => Effect;

import type { JsonObject } from "@gantry/sdk";
import type { Reply } from "../tests/support/models/server.ts";

/** What cases can look at. */
export interface World {
  /** Answers 204. */
  site: string;
  /** Id of a run that failed: it wanted the site to answer 503. */
  failed: string;
}

/** One question to an agent, and what a good answer to it has, whoever gives it. */
export interface EvalCase {
  agent: string;
  name: string;
  runbook: string;
  parameters(world: World): JsonObject;
  /** What the scripted provider answers where no real one is asked; empty: no model is needed. */
  answers(world: World): Reply[];
  /** What is wrong with what came of it; nothing when it is good. */
  judge(output: JsonObject, world: World): string[];
  /** A program without which it can't be tried. */
  needs?: string;
}

/** Messages of what doesn't hold. */
export function unless(...claims: readonly (readonly [boolean, string])[]): string[] {
  return claims.flatMap(([holds, message]) => (holds ? [] : [message]));
}

export const say = (value: unknown): Reply => ({ text: JSON.stringify(value) });
export const use = (name: string, input: object): Reply => ({
  toolCalls: [{ id: "call_1", name: name.replaceAll(".", "__"), input }],
});

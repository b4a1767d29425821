import { z } from "zod";
import type { Thought } from "./thinking.ts";

/** What a tool that thinks says of its thinking, beside its answer: spread it into the shape of its output. */
export const thoughtFacts = {
  /** From where text came that nobody vouches for. */
  tainted: z.array(z.string()),
  turns: z.int(),
  tokens: z.object({ input: z.int(), output: z.int() }),
  cost: z.object({ micros: z.number(), currency: z.string(), known: z.boolean() }).nullable(),
};

/** These facts of thoughts, added up. */
export function factsOfThoughts(...thoughts: readonly Thought[]): {
  tainted: string[];
  turns: number;
  tokens: { input: number; output: number };
  cost: Thought["cost"];
} {
  const facts = { tainted: new Set<string>(), turns: 0, tokens: { input: 0, output: 0 } };
  for (const thought of thoughts) {
    for (const one of thought.tainted) facts.tainted.add(one);
    facts.turns += thought.turns;
    facts.tokens.input += thought.tokens.input;
    facts.tokens.output += thought.tokens.output;
  }
  const costs = thoughts.flatMap(({ cost }) => (cost === null ? [] : [cost]));
  const micros = costs.reduce((sum, cost) => sum + cost.micros, 0);
  const [first] = costs;
  const cost = first === undefined ? null : { ...first, micros, known: costs.every(({ known }) => known) };
  return { ...facts, tainted: [...facts.tainted], cost };
}

import { z } from "zod";

/** A part of what a model says while it says it. It isn't kept: the whole answer comes as the event `attempt.noted`. */
export const AnswerPart = z.object({
  step: z.string(),
  thought: z.string(),
  turn: z.int(),
  /** Where `text` begins in the answer, in UTF-16 units; 0 also where another model begins anew. What was behind it is void. */
  from: z.int(),
  text: z.string(),
  /** Tools that it is calling, so far. */
  tools: z.array(z.string()),
});
export type AnswerPart = z.infer<typeof AnswerPart>;

/** The answer so far with the next part; null where parts before it are missing, until it is told whole. */
export function withPart(said: string, { from, text }: AnswerPart): string | null {
  return from > said.length ? null : said.slice(0, from) + text;
}

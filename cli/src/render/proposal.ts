import { z } from "zod";
import { renderMicros } from "./amount.ts";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { plural } from "./words.ts";

/** What an agent that plans says of its plan. */
export const Proposal = z.object({
  plan: z.unknown(),
  summary: z.string(),
  steps: z.array(z.object({ id: z.string(), title: z.string(), why: z.string() })),
  assumptions: z.array(z.string()),
  questions: z.array(z.string()),
  turns: z.number().optional(),
  cost: z.object({ micros: z.number(), known: z.boolean() }).nullish(),
});
export type Proposal = z.infer<typeof Proposal>;

/** A plan in the words of the model that made it: what it does, and what each step is for. */
export function renderProposal({ summary, steps, assumptions, turns, cost }: Proposal, layout: Layout): string[] {
  return [
    layout.paint("bold", "A model's plan"),
    ...renderPairs(
      [
        ["summary", safeLine(summary)],
        ["assumes", assumptions.map((one) => `- ${safeLine(one)}`)],
        ["cost", cost ? `${renderMicros(cost.micros, cost.known)} in ${plural(turns ?? 1, "turn")}` : ""],
        ["steps", steps.map(({ id, title, why }) => safeLine(`${id}: ${title}. ${why}`))],
      ],
      layout,
    ),
  ];
}

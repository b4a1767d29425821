import type { Proposal } from "../plan-goal.ts";
import { renderMicros } from "./amount.ts";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { plural } from "./words.ts";

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

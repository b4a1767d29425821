import type { Proposal } from "../plan-goal.ts";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";

/** A plan in the words of the model that made it: what it does, and what each step is for. */
export function renderProposal({ summary, steps, assumptions }: Proposal, layout: Layout): string[] {
  return [
    layout.paint("bold", "A model's plan"),
    ...renderPairs(
      [
        ["summary", safeLine(summary)],
        ["assumes", assumptions.map((one) => `- ${safeLine(one)}`)],
        ["steps", steps.map(({ id, title, why }) => safeLine(`${id}: ${title}. ${why}`))],
      ],
      layout,
    ),
  ];
}

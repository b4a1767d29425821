import type { ChangeSetComparison } from "@gantry/sdk/api";
import { renderDifferences } from "./comparison.ts";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { plural } from "./words.ts";

/** Which of the two holds, why the first no longer does, and what differs: whole first, then step by step. */
export function renderChangeSetComparison(comparison: ChangeSetComparison, layout: Layout): string[] {
  const { from, to, same, steps, rest, omitted } = comparison;
  const { ended } = from;
  const why =
    ended === null ? "" : `${safeLine(ended.actor.name)}${ended.reason === null ? "" : `: ${safeLine(ended.reason)}`}`;
  return [
    ...renderPairs(
      [
        ["a", `${from.hash}, ${from.status}`],
        ["", why],
        ["b", same ? "the same" : `${to.hash}, ${to.status}`],
      ],
      layout,
    ),
    ...renderDifferences(rest, layout),
    ...steps.flatMap(({ step, title, change, differences }) => [
      "",
      layout.paint("bold", `${step}: ${safeLine(title)} (${change})`),
      ...renderDifferences(differences, layout),
    ]),
    ...(omitted === 0 ? [] : ["", `${plural(omitted, "more difference")} not shown.`]),
  ];
}

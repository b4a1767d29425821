import type { RunTimeline, TimelineRow } from "@gantry/sdk/api";
import type { Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { cut, padEnd, widthOf } from "./text.ts";
import { absolute, duration } from "./time.ts";
import { plural } from "./words.ts";

/** A run over time, a line per step: `█` at work, `x` failed, `?` unclear, `·` waiting. */
export function renderTimeline(timeline: RunTimeline, layout: Layout): string[] {
  const { from, rows, gaps, waits, omitted } = timeline;
  const end = timeline.to ?? timeline.now;
  const names = Math.min(28, Math.max(4, ...rows.map(({ step }) => widthOf(step))));
  const room = Math.max(10, Math.min(100, layout.width - names - 16));
  const column = (at: number): number => Math.floor(((at - from) / Math.max(1, end - from)) * (room - 1));
  return [
    `${absolute(from)}, ${timeline.to === null ? "for" : "took"} ${duration(end - from)}, ${plural(timeline.attempts, "attempt")}`,
    ...rows.map((row) => {
      const name = padEnd(cut(safeLine(row.step), names), names);
      return `  ${name}  ${drawn(row, room, column, end)}  ${duration(workOf(row, end))}`.trimEnd();
    }),
    ...(omitted.rows === 0
      ? []
      : [`  ${plural(omitted.rows, "more step")} with ${plural(omitted.attempts, "attempt")}`]),
    ...waits.map((wait) => `  waited for ${wait.on.replaceAll("_", " ")}: ${duration((wait.to ?? end) - wait.from)}`),
    ...gaps.map((gap) => `  idle from ${absolute(gap.from)}: ${duration((gap.to ?? end) - gap.from)}`),
  ];
}

function drawn({ bars, waits }: TimelineRow, room: number, column: (at: number) => number, end: number): string {
  const cells = Array.from({ length: room }, () => " ");
  const fill = (from: number, to: number, mark: string): void => void cells.fill(mark, column(from), column(to) + 1);
  for (const { from, to } of waits) fill(from, to ?? end, "·");
  for (const { from, to, status } of bars)
    fill(from, to ?? end, status === "failed" ? "x" : status === "unknown" ? "?" : "█");
  return cells.join("");
}

function workOf({ bars }: TimelineRow, end: number): number {
  return bars.reduce((sum, { from, to }) => sum + (to ?? end) - from, 0);
}

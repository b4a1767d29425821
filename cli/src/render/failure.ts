import type { RunFailure } from "@gantry/sdk/api";
import { renderDifferences } from "./comparison.ts";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { absolute } from "./time.ts";

/** What went wrong first in a run, and what is other than in the last one that went well. */
export function renderFailure(failure: RunFailure, layout: Layout): string[] {
  const { step, attempt, error, line, lastGood, alsoFailed } = failure;
  const { paint } = layout;
  const what = step === null ? "the run failed" : `step ${step.key} ${step.needsPerson ? "is unclear" : "failed"}`;
  return [
    paint(["red", "bold"], safeLine(what)),
    ...renderPairs(
      [
        ["error", `${safeLine(error.message)} (${safeLine(error.code)})`],
        ["exit code", failure.exitCode === null ? "" : String(failure.exitCode)],
        ["command", failure.command === null ? "" : safeLine(failure.command)],
        ["host", failure.host === null ? "" : safeLine(failure.host)],
        ["attempt", attempt === null ? "" : `${attempt.operation} ${attempt.number}, of ${failure.tries} in all`],
        ["ended", attempt?.endedAt ? absolute(attempt.endedAt) : ""],
        ["also failed", alsoFailed.map((key) => safeLine(key)).join(", ")],
      ],
      layout,
    ),
    ...(failure.logPurged ? ["", paint("dim", "its log is no longer kept")] : []),
    ...(line === null ? [] : ["", paint("bold", `line ${line.line} of its log`), ...renderLine(line, layout)]),
    ...(lastGood === null ? [] : ["", ...renderGood(lastGood, layout)]),
  ];
}

function renderLine({ text, before, after }: NonNullable<RunFailure["line"]>, { paint }: Layout): string[] {
  const context = (lines: readonly string[]): string[] => lines.map((one) => paint("dim", `    ${safeLine(one)}`));
  return [...context(before), paint("red", `  > ${safeLine(text)}`), ...context(after)];
}

function renderGood(
  { run, parameters, plan, tools, input, omitted }: NonNullable<RunFailure["lastGood"]>,
  layout: Layout,
): string[] {
  const lines = [
    ...plan.added.map((step) => `  + step ${safeLine(step)}`),
    ...plan.removed.map((step) => `  - step ${safeLine(step)}`),
    ...renderDifferences([...parameters, ...plan.frame, ...plan.steps, ...input], layout),
    ...tools.map(({ tool, a, b }) => `  ${safeLine(tool)}: ${safeLine(a ?? "none")}, now ${safeLine(b ?? "none")}`),
    ...(omitted === 0 ? [] : [`  and ${omitted} more`]),
  ];
  return [
    layout.paint(
      "bold",
      `other than in run ${run.id}, the last good one (${absolute(run.finishedAt ?? run.createdAt)})`,
    ),
    ...(lines.length === 0 ? ["  nothing but time"] : lines),
  ];
}

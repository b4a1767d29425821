import type { Json } from "@gantry/sdk";
import type { Difference, RunComparison, RunSummary, StepComparison, StepMeasure } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { hanging } from "./text.ts";
import { absolute, duration } from "./time.ts";
import { paintStatus, plural } from "./words.ts";

/** What differs between two runs, part by part; parts without a difference take one line together. */
export function renderComparison(comparison: RunComparison, layout: Layout): string[] {
  const { a, b, plan, tools, changeSet, steps, timing, omitted } = comparison;
  const sections: [string, string[]][] = [
    ["parameters", renderDifferences(comparison.parameters, layout)],
    [
      "plan",
      [
        ...plan.added.map((step) => `  + ${step}`),
        ...plan.removed.map((step) => `  - ${step}`),
        ...renderDifferences([...plan.frame, ...plan.steps], layout),
      ],
    ],
    ["tools", tools.flatMap((tool) => renderChange(tool.tool, tool.a ?? "none", tool.b ?? "none", layout))],
    ["steps", steps.flatMap((step) => renderStep(step, layout))],
    ["change set", renderDifferences(changeSet.differences, layout)],
  ];
  const same = sections.filter(([, lines]) => lines.length === 0).map(([title]) => title);
  return [
    ...runLines("a", a, layout),
    ...runLines("b", b, layout),
    ...sections.flatMap(([title, lines]) => (lines.length === 0 ? [] : ["", layout.paint("bold", title), ...lines])),
    "",
    layout.paint("bold", "time"),
    ...renderPairs(
      [
        ["total", times(timing.a.totalMs, timing.b.totalMs)],
        ["at work", times(timing.a.workedMs, timing.b.workedMs)],
        ["queued", times(timing.a.queuedMs, timing.b.queuedMs)],
        ...steps.flatMap(({ step, a: inA, b: inB }): [string, string][] =>
          (inA?.attempts ?? 0) + (inB?.attempts ?? 0) === 0 ? [] : [[step, times(inA?.ms ?? 0, inB?.ms ?? 0)]],
        ),
      ],
      layout,
    ),
    ...(same.length === 0 ? [] : ["", `The same: ${same.join(", ")}.`]),
    ...(omitted === 0 ? [] : ["", `${plural(omitted, "more difference")} not shown.`]),
  ];
}

export function renderDifferences(differences: readonly Difference[], layout: Layout): string[] {
  return differences.flatMap(({ path, a, b }) => renderChange(path, shown(a), shown(b), layout));
}

function renderChange(what: string, a: string, b: string, layout: Layout): string[] {
  return [
    ...hanging("  ", safeLine(what), layout.width),
    ...hanging("    a  ", safeLine(a), layout.width),
    ...hanging("    b  ", safeLine(b), layout.width),
  ];
}

function shown(value: Json | undefined): string {
  if (value === undefined) return "(none)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function renderStep(step: StepComparison, layout: Layout): string[] {
  const [a, b] = [step.a, step.b].map((measure) => (measure === null ? "(none)" : measureText(measure)));
  return [
    ...(a === b ? [] : renderChange(step.step, a ?? "", b ?? "", layout)),
    ...renderDifferences(prefixed(`${step.step} input`, step.input), layout),
    ...renderDifferences(prefixed(`${step.step} output`, step.output), layout),
  ];
}

function prefixed(prefix: string, differences: readonly Difference[]): Difference[] {
  return differences.map((one) => ({ ...one, path: `${prefix} ${one.path}`.trimEnd() }));
}

function measureText({ status, runs, failures, error }: StepMeasure): string {
  const tries = runs > 1 || failures > 0 ? `, ${plural(runs, "try", "tries")}, ${plural(failures, "failure")}` : "";
  return `${status}${tries}${error === null ? "" : `: ${error}`}`;
}

function runLines(name: string, run: RunSummary, layout: Layout): string[] {
  return renderPairs(
    [
      [name, `run ${run.id}`],
      ["", `${paintStatus(layout.paint, run.status)}, ${run.environment}, ${absolute(run.createdAt)}`],
      ["", safeLine(run.goal)],
    ],
    layout,
  );
}

function times(a: number, b: number): string {
  return `${duration(a)} → ${duration(b)}`;
}

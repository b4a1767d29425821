import type { RunDetail, StepView } from "@gantry/sdk/api";
import { renderPairs, type Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { cut, hanging, padEnd, widthOf } from "./text.ts";
import { absolute, duration, relative } from "./time.ts";
import { paintStatus, paintStep, statusWord, stepWord } from "./words.ts";

/** One run: what it is for, where it is, what it waits for, its steps, and the first thing that went wrong. */
export function renderRun(run: RunDetail, options: Layout & { now: number }): string[] {
  const { paint, now } = options;
  const took = new Date(run.finishedAt ?? now).getTime() - new Date(run.createdAt).getTime();
  return [
    `${paint("bold", `run ${run.id}`)}  ${paintStatus(paint, run.status)}`,
    ...renderPairs(
      [
        ["goal", safeLine(run.goal)],
        ["runbook", run.runbook ?? ""],
        ["environment", `${run.environment} (project ${run.project})`],
        ["requester", safeLine(run.requester.name)],
        ["created", `${absolute(run.createdAt)}, ${run.finishedAt === null ? "for" : "took"} ${duration(took)}`],
        ["dry run", run.dryRun ? "it shows what would change, and changes nothing" : ""],
        ["made from", run.origin === null ? "" : renderOrigin(run.origin)],
        [
          "led to",
          run.derived.slice(0, 5).map(({ id, kind, step, status }) => {
            const how = kind === "fork" ? `fork at ${step ?? ""}` : kind === "retry" ? "retry" : "carried out";
            return `run ${id} (${how}, ${statusWord(status)})`;
          }),
        ],
        ["sub-run of", run.parent === null ? "" : `${run.parent.run}, step ${run.parent.step}`],
        ["waits for", renderWaiting(run, now)],
        ["error", run.error === null ? "" : `${safeLine(run.error.message)} (${safeLine(run.error.code)})`],
      ],
      options,
    ),
    "",
    ...renderStepTable(worthShowing(run.steps), options),
    ...(run.steps.length > stepsShown
      ? [paint("dim", `  of ${run.steps.length} steps: ${summarizeSteps(run.steps)}`)]
      : []),
    ...renderFirstFailure(run, options),
  ];
}

export function renderOrigin({ kind, run, step }: NonNullable<RunDetail["origin"]>): string {
  switch (kind) {
    case "fork":
      return `run ${run}, forked at step ${step ?? ""}`;
    case "retry":
      return `run ${run}, with other parameters`;
    case "dry_run":
      return `dry run ${run}`;
    default:
      return kind satisfies never;
  }
}

const stepsShown = 60;

/** Of a long list what isn't simply done or still to come, and the first of the others. `--json` has all of them. */
function worthShowing(steps: readonly StepView[]): readonly StepView[] {
  if (steps.length <= stepsShown) return steps;
  const dull = (step: StepView): boolean => ["done", "kept", "pending", "skipped"].includes(stepWord(step));
  const chosen = new Set([...steps.filter((step) => !dull(step)), ...steps.filter(dull)].slice(0, stepsShown));
  return steps.filter((step) => chosen.has(step));
}

/** On what, since when, until when, and who can end it. */
export function renderWaiting(run: Pick<RunDetail, "waiting" | "updatedAt">, now: number): string {
  if (run.waiting === null) return "";
  const { on, detail, until, who, since } = run.waiting;
  const what =
    on === "approval"
      ? "approval"
      : on === "limit"
        ? safeLine(detail)
        : `${on.replaceAll("_", " ")}: ${safeLine(detail)}`;
  const limit = until === null ? "" : `, until ${absolute(until)} (${relative(until, now)})`;
  const by = who === "" ? "" : `, from ${safeLine(who)}`;
  return `${what}${by}${limit}; since ${absolute(since ?? run.updatedAt)}`;
}

export function renderStepTable(
  steps: readonly StepView[],
  { paint, width, now, whole = false }: Layout & { now: number },
): string[] {
  const words = steps.map(stepWord);
  const wordWidth = Math.max(7, ...words.map((word) => word.length));
  const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, widthOf(text)), 4);
  const keyWidth = Math.min(whole ? Number.POSITIVE_INFINITY : 24, longest(steps.map(({ key }) => key)));
  const titleWidth = longest(steps.map(titleOf));
  return steps.map((step, index) => {
    const word = words[index] ?? "";
    const time = elapsed(step, now);
    const room = whole ? titleWidth : width - wordWidth - keyWidth - 6 - (time === "" ? 0 : time.length + 2);
    const title = whole || room > 8 ? cut(titleOf(step), room) : "";
    const line = `  ${paintStep(paint, word, padEnd(word, wordWidth))}  ${padEnd(cut(step.key, keyWidth), keyWidth)}  `;
    return `${line}${time === "" ? title : `${padEnd(title, Math.max(0, room))}  ${paint("dim", time)}`}`.trimEnd();
  });
}

function titleOf(step: StepView): string {
  if (step.fact !== null) return `${safeLine(step.title)} (from run ${step.fact.run})`;
  if (step.child !== null) return `${safeLine(step.title)} (run ${step.child})`;
  const tries = step.attempts.filter(({ operation }) => operation === "run").length;
  return safeLine(step.title) + (tries > 1 ? ` (try ${tries})` : "");
}

/** What its attempts took together, without what it waited in between: for an approval, or to be tried again. */
function elapsed(step: StepView, now: number): string {
  if (step.attempts.length === 0) return "";
  const times = step.attempts.map(({ startedAt, endedAt }) => {
    return (endedAt === null ? now : new Date(endedAt).getTime()) - new Date(startedAt).getTime();
  });
  return duration(times.reduce((sum, time) => sum + Math.max(0, time), 0));
}

/** A failed run opens on what failed first: the step, the attempt, where it ran, what it said. */
function renderFirstFailure(run: RunDetail, layout: Layout): string[] {
  const failed = run.steps.find((step) => step.error !== null || step.needsPerson);
  if (failed === undefined) return [];
  const attempt = failed.attempts.findLast(({ error }) => error !== null) ?? failed.attempts.at(-1);
  const error = attempt?.error ?? failed.error;
  const where = attempt === undefined ? "" : `, ${attempt.operation} ${attempt.number} on ${safeLine(attempt.host)}`;
  const what = failed.needsPerson ? "nobody could find out whether it took effect" : "failed";
  return [
    "",
    layout.paint(["red", "bold"], `step ${failed.key}: ${what}${where}`),
    ...(error === null ? [] : hanging("  ", `${safeLine(error.message)} (${safeLine(error.code)})`, layout.width)),
    ...(failed.needsPerson
      ? [`  say it:  gantry settle ${run.id} ${failed.key} done|not_done`]
      : [`  output:  gantry runs logs ${run.id} --step ${failed.key}`]),
  ];
}

/** `1 done, 2 FAILED, 3 pending`: for a line of progress. */
export function summarizeSteps(steps: readonly StepView[]): string {
  const counts = new Map<string, number>();
  for (const step of steps) counts.set(stepWord(step), (counts.get(stepWord(step)) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

/** The last line of a run that was followed. */
export function renderEnd(run: RunDetail, { paint, now }: Layout & { now: number }): string {
  const took = duration(new Date(run.finishedAt ?? now).getTime() - new Date(run.createdAt).getTime());
  const undone = run.steps.filter(({ undo }) => undo?.status === "done").length;
  const left = run.steps.flatMap((step) => step.undo?.undone?.left ?? []);
  const details =
    undone > 0 || run.status === "undone" || run.status === "undo_incomplete"
      ? `${undone} undone, ${left.length} left behind`
      : summarizeSteps(run.steps);
  return `${paintStatus(paint, run.status, `${paint("bold", statusWord(run.status))}`)} in ${took}: ${details}`;
}

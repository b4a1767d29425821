import type { RunEvent } from "@gantry/sdk";
import type { AttemptView, RunTimeline, TimelineBar, TimelineRow, TimelineWait } from "@gantry/sdk/api";
import type { RunState, StepState } from "@gantry/sdk/core";
import { attemptsOf } from "./attempts.ts";
import { waitsOf } from "./waits.ts";

const mostRows = 1_000;
const mostBars = 60;

/** A run over time. Pure; `now` ends what goes on. With `full`, items of loops have rows of their own. */
export function timelineOf(
  { state, events }: { state: RunState; events: readonly RunEvent[] },
  { now, full }: { now: number; full: boolean },
): RunTimeline {
  const from = events[0]?.at ?? now;
  const to = state.status === null ? null : (events.findLast(({ type }) => type === "run.finished")?.at ?? now);
  const attempts = attemptsOf(events);
  const waits = waitsOf(events, to);
  const end = to ?? now;
  const resolution = Math.max(1, (end - from) / 500);
  const rows = groupsOf(state, full).map(([step, members]) =>
    rowOf(step, members, { attempts, waits, now, resolution }),
  );
  const shown = chooseRows(rows);
  const left = rows.filter((row) => !shown.has(row));
  const all = [...attempts.values()].flat();
  return {
    from,
    to,
    now,
    rows: rows.filter((row) => shown.has(row)),
    omitted: { rows: left.length, attempts: left.reduce((sum, row) => sum + attemptsIn(row), 0) },
    waits: waits.ofRun,
    gaps: gapsOf(all, waits, { from, to, now }),
    attempts: all.length,
  };
}

/** Which steps share a row. */
function groupsOf(state: RunState, full: boolean): [StepState, StepState[]][] {
  const groups = new Map<string, [StepState, StepState[]]>();
  for (const step of state.steps.values()) {
    const parent = full ? undefined : groups.get(step.item?.parent ?? "");
    if (parent === undefined) groups.set(step.key, [step, [step]]);
    else parent[1].push(step);
  }
  return [...groups.values()];
}

interface Facts {
  attempts: ReadonlyMap<string, readonly AttemptView[]>;
  waits: ReturnType<typeof waitsOf>;
  now: number;
  resolution: number;
}

function rowOf(
  step: StepState,
  members: readonly StepState[],
  { attempts, waits, now, resolution }: Facts,
): TimelineRow {
  const bars = members.flatMap(({ key }) => (attempts.get(key) ?? []).map(barOf));
  const waited = members.flatMap(({ key }) => waits.bySteps.get(key) ?? []);
  return {
    step: step.key,
    title: step.item === undefined ? (step.step.title ?? step.step.id) : step.key,
    status: step.status,
    steps: Math.max(1, members.length - 1),
    bars: bars.length <= mostBars ? bars : mergeBars(bars, now, resolution),
    // A loop's items wait side by side: one of each kind tells as much as hundreds.
    waits: waited.length <= mostBars ? waited : mergeWaits(waited, now, resolution),
  };
}

function barOf({ id, operation, status, startedAt, endedAt }: AttemptView): TimelineBar {
  const to = endedAt === null ? null : Date.parse(endedAt);
  return { from: Date.parse(startedAt), to, attempt: id, operation, status, count: 1 };
}

/** Bars that overlap, or are closer to each other than can be shown, become one. */
function mergeBars(bars: readonly TimelineBar[], now: number, resolution: number): TimelineBar[] {
  return mergeSpans(bars, now, resolution, (a, b) => ({
    from: a.from,
    to: later(a.to, b.to),
    attempt: null,
    operation: a.operation === b.operation ? a.operation : null,
    status: worse(a.status, b.status),
    count: a.count + b.count,
  }));
}

function mergeWaits(waits: readonly TimelineWait[], now: number, resolution: number): TimelineWait[] {
  return [...Map.groupBy(waits, ({ on }) => on).values()].flatMap((same) =>
    mergeSpans(same, now, resolution, (a, b) => ({ ...a, to: later(a.to, b.to) })),
  );
}

function mergeSpans<Span extends { from: number; to: number | null }>(
  spans: readonly Span[],
  now: number,
  closer: number,
  merge: (a: Span, b: Span) => Span,
): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && span.from - (last.to ?? now) <= closer) merged[merged.length - 1] = merge(last, span);
    else merged.push(span);
  }
  return merged;
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

const badness: readonly AttemptView["status"][] = ["succeeded", "done", "running", "not_done", "unknown", "failed"];

function worse(a: AttemptView["status"], b: AttemptView["status"]): AttemptView["status"] {
  return badness.indexOf(a) >= badness.indexOf(b) ? a : b;
}

/** Of too many rows those that failed or are under way first, then the first ones. */
function chooseRows(rows: readonly TimelineRow[]): Set<TimelineRow> {
  const urgent = rows.filter(({ status }) => ["failed", "unknown", "running", "verifying"].includes(status));
  return new Set([...new Set([...urgent, ...rows])].slice(0, mostRows));
}

function attemptsIn({ bars }: TimelineRow): number {
  return bars.reduce((sum, { count }) => sum + count, 0);
}

/** When nothing was under way for as long as it would be seen, and what was waited for most of that time. */
function gapsOf(
  attempts: readonly AttemptView[],
  { ofRun, bySteps }: ReturnType<typeof waitsOf>,
  { from, to, now }: { from: number; to: number | null; now: number },
): RunTimeline["gaps"] {
  const end = to ?? now;
  const least = Math.max(1_000, (end - from) / 20);
  const work = mergeSpans(attempts.map(barOf), now, 0, (a, b) => ({ ...a, to: later(a.to, b.to) }));
  const starts = [from, ...work.map((bar) => bar.to ?? now)];
  const ends = [...work.map((bar) => bar.from), end];
  const gaps = starts.flatMap((start, index) => {
    const until = ends[index] ?? end;
    if (until - start < least) return [];
    const stillOpen = to === null && index === starts.length - 1 && work.at(-1)?.to !== null;
    return [{ from: start, to: stillOpen ? null : until }];
  });
  const waits = [...ofRun, ...[...bySteps.values()].flat()];
  return gaps.map((gap) => ({ ...gap, on: mostOf(gap, waits, now) }));
}

function mostOf(
  gap: { from: number; to: number | null },
  waits: readonly TimelineWait[],
  now: number,
): TimelineWait["on"] | null {
  let most = 0;
  let on: TimelineWait["on"] | null = null;
  for (const wait of waits) {
    const shared = Math.min(gap.to ?? now, wait.to ?? now) - Math.max(gap.from, wait.from);
    // The first one wins: of the run before those of its steps.
    if (shared > most) [most, on] = [shared, wait.on];
  }
  return on;
}

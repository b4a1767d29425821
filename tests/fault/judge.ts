import { Plan, type RunEvent } from "@gantry/sdk";
import { createRun, evolve, statusOf, type RunState } from "@gantry/sdk/core";
import type pg from "pg";
import type { LedgerEntry } from "./ledger-entry.ts";

/** What should have come of a run, and what it was for. */
export interface Expected {
  run: string;
  runbook: string;
  /** Ends that are right. */
  ends: readonly string[];
}

export interface Verdict {
  runs: number;
  lost: number;
  doubled: number;
  unknown: number;
  /** Innocent runs that were quarantined because their worker was killed while they had it for themselves. */
  quarantined: number;
  /** One sentence for each thing that is wrong, with the run. */
  complaints: { run: string; what: string }[];
}

interface RunRow {
  id: string;
  status: string;
  seq: number;
  waiting: unknown;
  error: unknown;
  owner: string | null;
  plan: unknown;
  plan_digest: `sha256:${string}`;
  actor: string;
  actor_kind: "user" | "service";
  actor_name: string;
  crashes: number;
}

export interface JudgeDeps {
  db: pg.Pool;
  expected: readonly Expected[];
  entriesOf: (runs: readonly string[]) => Promise<LedgerEntry[]>;
  /** Tools fail of themselves in this round: then a step that failed may have taken effect. */
  toolsMayFail: boolean;
}

/** Compares what the journal says with what the ledger saw. */
export async function judge({ db, expected, entriesOf, toolsMayFail }: JudgeDeps): Promise<Verdict> {
  const verdict: Verdict = { runs: 0, lost: 0, doubled: 0, unknown: 0, quarantined: 0, complaints: [] };
  const named = new Map(expected.map((one) => [one.run, one]));
  const { rows } = await db.query<RunRow>(
    `SELECT r.id, r.status, r.seq, r.waiting, r.error, r.owner, r.plan_digest, r.actor, r.actor_kind, r.actor_name, r.crashes, p.plan
     FROM runs r JOIN plans p ON p.org = r.org AND p.digest = r.plan_digest
     WHERE r.id = ANY ($1::uuid[]) OR r.parent = ANY ($1::uuid[])`,
    [[...named.keys()]],
  );
  const ids = rows.map((row) => row.id);
  const journals = await readJournals(db, ids);
  const ledgers = Map.groupBy(await entriesOf(ids), (entry) => entry.run);
  for (const { run } of expected) {
    if (!ids.includes(run)) complain(verdict, "lost", run, "it was accepted and is gone");
  }
  for (const row of rows) {
    verdict.runs += 1;
    const [events, entries] = [journals.get(row.id) ?? [], ledgers.get(row.id) ?? []];
    judgeRun({ verdict, run: row.id, events, entries, toolsMayFail }, row, named.get(row.id));
  }
  return verdict;
}

function complain(verdict: Verdict, count: "lost" | "doubled" | null, run: string, what: string): void {
  if (count !== null) verdict[count] += 1;
  verdict.complaints.push({ run, what });
}

interface Case {
  verdict: Verdict;
  run: string;
  events: readonly RunEvent[];
  entries: readonly LedgerEntry[];
  toolsMayFail: boolean;
}

function judgeRun(one: Case, row: RunRow, expected: Expected | undefined): void {
  const { verdict, run: id, events } = one;
  events.forEach((event, index) => {
    if (event.seq !== index + 1)
      complain(verdict, "lost", id, `event ${index + 1} is missing: the next is ${event.seq}`);
  });
  if (events.length !== row.seq)
    complain(verdict, "lost", id, `the run stands at ${row.seq} and has ${events.length} events`);
  const state = fold(verdict, row, events);
  if (!state) return;
  if (state.status === null)
    complain(verdict, "lost", id, `it never ended: ${row.status} ${JSON.stringify(row.waiting)}`);
  else if (expected && !expected.ends.includes(state.status)) {
    // Itself, or the sub-run that it waited for.
    if (statusOf(state).error?.code === "run_quarantined") verdict.quarantined += 1;
    else
      complain(
        verdict,
        null,
        id,
        `it ended ${state.status}, not ${expected.ends.join(" or ")}: ${JSON.stringify(row.error)}`,
      );
  }
  if (row.owner !== null && state.status !== null) complain(verdict, null, id, "it has ended and still has an owner");
  judgeEffects(one, state);
}

function fold(verdict: Verdict, row: RunRow, events: readonly RunEvent[]): RunState | null {
  const requester = { kind: row.actor_kind, id: row.actor, name: row.actor_name };
  const state = createRun({ id: row.id, plan: Plan.parse(row.plan), planDigest: row.plan_digest, requester });
  try {
    for (const event of events) evolve(state, event);
  } catch (error) {
    complain(verdict, "lost", row.id, `its journal can't be folded: ${String(error)}`);
    return null;
  }
  const { status, error } = statusOf(state);
  if (status !== row.status) complain(verdict, null, row.id, `its row says ${row.status}, its events say ${status}`);
  if (JSON.stringify(error) !== JSON.stringify(row.error))
    complain(verdict, null, row.id, "its row's error is not the one of its events");
  return state;
}

/** Tools whose effects the ledger sees. */
const seen = /^fault\.(charge|place|fire|exclusive|adopted|inspected)$/;

function judgeEffects({ verdict, run, events, entries, toolsMayFail }: Case, state: RunState): void {
  const started = new Set(events.flatMap((event) => (event.type === "attempt.started" ? [event.data.attemptId] : [])));
  const unsettled = personsSteps(events);
  verdict.unknown += unsettled.size;
  for (const entry of entries) {
    const where = `${entry.step} (attempt ${entry.attempt})`;
    if (entry.announced === false) complain(verdict, "lost", run, `${where} took effect before it was announced`);
    if (!started.has(entry.attempt) && entry.kind === "applied")
      complain(verdict, "lost", run, `${where} took effect and was never announced`);
    if (entry.approved === false && entry.operation === "run")
      complain(verdict, null, run, `${where} took effect without an approved change set`);
    if (entry.overlaps !== null)
      complain(
        verdict,
        "doubled",
        run,
        `${where} was in section ${entry.section ?? ""} together with ${entry.overlaps}`,
      );
  }
  for (const [key, step] of state.steps) {
    if (step.step.kind !== "tool" || step.items || !seen.test(step.step.tool)) continue;
    const happened = (operation: "run" | "undo"): number =>
      entries.filter((one) => one.step === key && one.operation === operation && one.kind === "applied").length;
    const [done, taken] = [happened("run"), happened("undo")];
    const says = step.status === "succeeded" || step.status === "verifying";
    if (done > 1 && !unsettled.has(key)) complain(verdict, "doubled", run, `${key} took effect ${done} times`);
    if (taken > 1) complain(verdict, "doubled", run, `${key} was undone ${taken} times`);
    if (says && done === 0) complain(verdict, "lost", run, `${key} succeeded and took no effect`);
    const open = toolsMayFail || state.status === "quarantined" || unsettled.has(key);
    if (!says && done > 0 && !open) complain(verdict, "lost", run, `${key} is ${step.status} and took effect`);
    if (step.undo?.status === "done" && taken < Math.min(1, done))
      complain(verdict, "lost", run, `${key} is undone and nothing was taken back`);
  }
}

/** Steps of which only a person could say what had become of them. */
function personsSteps(events: readonly RunEvent[]): Set<string> {
  const steps = new Set<string>();
  for (const event of events) {
    if (event.type === "attempt.settled" && event.data.by === "person") steps.add(event.data.step);
    if (event.type === "step.outcome_unclear") steps.add(event.data.step);
  }
  return steps;
}

async function readJournals(db: pg.Pool, runs: readonly string[]): Promise<Map<string, RunEvent[]>> {
  const { rows } = await db.query<RunEvent & { run_id: string }>(
    "SELECT run_id, seq, type, at::float8 AS at, actor, data FROM events WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, seq",
    [runs],
  );
  return Map.groupBy(rows, (row) => row.run_id);
}

/** Journal and ledger of a run side by side, in the order of time. */
export async function sideBySide(
  db: pg.Pool,
  run: string,
  entriesOf: (runs: readonly string[]) => Promise<LedgerEntry[]>,
): Promise<string> {
  const events = (await readJournals(db, [run])).get(run) ?? [];
  const lines = [
    ...events.map(({ at, seq, type, data }) => ({
      at,
      text: `journal ${seq} ${type} ${JSON.stringify(data).slice(0, 300)}`,
    })),
    ...(await entriesOf([run])).map(({ at, ...entry }) => ({
      at,
      text: `${" ".repeat(30)}ledger  ${JSON.stringify(entry)}`,
    })),
  ];
  return lines
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => `  ${new Date(at).toISOString().slice(11, 23)} ${text}`)
    .join("\n");
}

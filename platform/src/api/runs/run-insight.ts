import { api, type FailingLine, type LastGoodRun, type StepDetail } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { readLogEnd } from "../../blobs/index.ts";
import { attemptsOf } from "../../domain/attempts.ts";
import { resolvedInput, type ComparedRun } from "../../domain/compare-runs.ts";
import { firstFailingLine } from "../../domain/failing-line.ts";
import { mask } from "../../domain/mask.ts";
import { differencesToGood, failureOf } from "../../domain/run-failure.ts";
import { timelineOf } from "../../domain/timeline.ts";
import type { Queryable } from "../../store/organization.ts";
import { foldRun, type FoldedRun } from "../../store/journal/run-history.ts";
import { hasPurgedLogs } from "../../store/records/retention-kinds.ts";
import { findLastGood, findRun, type RunRow } from "../../store/runs/run-list.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { missingRun } from "./run-access.ts";
import { runSummary, stepView } from "./run-view.ts";
import { route } from "../http/route.ts";

/** How much of a failed attempt's log is read for the line that says why: a long log's end, where it usually stands. */
const endBytes = 4 * 1024 * 1024;

/** What a run's history tells when it is looked at from one side: over time, at its failure, at one step. */
export function runInsightRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.timeline, async ({ params, query, tx }) => {
    const folded = await tx((db) => requireFolded(db, params.run));
    return timelineOf(folded, { now: deps.now(), full: query.full });
  });

  route(app, deps, api.runs.failure, async ({ params, caller, tx }) => {
    const { run, good, logPurged } = await tx(async (db) => {
      const row = await findRun(db, params.run);
      if (row === null) throw await missingRun(db, params.run);
      return {
        run: await toCompare(db, row),
        good: await lastGood(db, caller.org, row),
        logPurged: await hasPurgedLogs(db, params.run),
      };
    });
    const failed = failureOf(run);
    if (failed === null) return { failure: null };
    const attempt = failed.attempt?.id;
    const line = attempt === undefined ? null : await failingLine(deps, { org: caller.org, run: params.run, attempt });
    const differences = good && differencesToGood(good, run, failed.step?.key ?? null, deps.now());
    return { failure: { ...failed, line, logPurged, lastGood: differences satisfies LastGoodRun | null } };
  });

  route(app, deps, api.runs.step, async ({ params, tx }) => {
    const folded = await tx((db) => requireFolded(db, params.run));
    return stepDetail(folded, params.step);
  });
}

async function requireFolded(db: Queryable, run: string): Promise<FoldedRun> {
  const folded = await foldRun(db, run);
  if (folded === null) throw await missingRun(db, run);
  return folded;
}

async function lastGood(db: Queryable, org: string, row: RunRow): Promise<ComparedRun | null> {
  const good = await findLastGood(db, org, row);
  return good && toCompare(db, good);
}

async function toCompare(db: Queryable, row: RunRow): Promise<ComparedRun> {
  const { state, events } = await requireFolded(db, row.id);
  return { summary: runSummary(row), state, events };
}

/** Null also where its log was purged. */
async function failingLine(
  deps: Pick<ApiDeps, "pool" | "blobs">,
  of: { org: string; run: string; attempt: string },
): Promise<FailingLine | null> {
  const lines = await readLogEnd({ pool: deps.pool, store: deps.blobs }, { ...of, bytes: endBytes });
  const found = firstFailingLine(lines);
  return found && { attempt: of.attempt, ...found };
}

/** @throws NotFoundError */
function stepDetail({ state, plan, events }: FoldedRun, key: string): StepDetail {
  const step = state.steps.get(key);
  if (step === undefined) throw new NotFoundError();
  const input = resolvedInput(state, step);
  return {
    ...stepView(step, plan, state.graph, attemptsOf(events)),
    definition: step.step,
    input: input === undefined ? null : mask(input),
    item: step.item === undefined ? null : { index: step.item.index, value: mask(step.item.value) },
  };
}

import type { Digest, ErrorData, Origin, TriggeredBy } from "@gantry/sdk";
import type { RunStatus, Waiting } from "@gantry/sdk/core";
import type { Queryable } from "../organization.ts";
import { runConditions, type RunFilter } from "./run-filter.ts";

export interface RunRow {
  id: string;
  project: string;
  environment: string;
  runbook: string | null;
  goal: string;
  status: RunStatus;
  waiting: Waiting | null;
  error: ErrorData | null;
  actor: string;
  actorName: string;
  priority: number;
  parent: string | null;
  parentStep: string | null;
  dryRun: boolean;
  originKind: Origin["kind"] | null;
  originRun: string | null;
  originStep: string | null;
  triggeredBy: TriggeredBy | null;
  planDigest: Digest;
  seq: number;
  createdAt: Date;
  updatedAt: Date;
  finishedAt: Date | null;
}

/** By when runs were created, or ended: those that haven't then aren't listed. `-`: the latest first. */
export type RunOrder = "-created" | "created" | "-finished" | "finished";

/** The last run of a page; times to the microsecond, which a Date doesn't hold. */
export interface RunPosition {
  at: string;
  id: string;
}

/** Of `runs r`, its project `p` and its trigger `t`, as a `RunRow` has them. */
export const runColumns = `r.id, p.name AS project, r.environment, r.runbook, r.goal, r.status, r.waiting, r.error, r.actor,
  r.actor_name AS "actorName", r.priority, r.parent, r.parent_step AS "parentStep",
  r.dry_run AS "dryRun", r.origin_kind AS "originKind", r.origin_run AS "originRun", r.origin_step AS "originStep", r.plan_digest AS "planDigest", r.seq,
  CASE WHEN t.id IS NOT NULL THEN json_build_object('trigger', t.id, 'name', t.name, 'occurrence', r.occurrence) END AS "triggeredBy",
  r.created_at AS "createdAt", r.updated_at AS "updatedAt", r.finished_at AS "finishedAt"`;

/** Runs of the transaction's organization in an order, behind a position. */
export async function listRuns(
  db: Queryable,
  org: string,
  { filter, order, after, limit }: { filter: RunFilter; order: RunOrder; after: RunPosition | null; limit: number },
): Promise<{ row: RunRow; position: RunPosition }[]> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const down = order.startsWith("-");
  const by = order.endsWith("created") ? "r.created_at" : "r.finished_at";
  const conditions = [
    ...runConditions(org, filter, bind),
    ...(by === "r.finished_at" ? ["r.finished_at IS NOT NULL"] : []),
    ...(after === null
      ? []
      : [`(${by}, r.id) ${down ? "<" : ">"} (${bind(after.at)}::timestamptz, ${bind(after.id)}::uuid)`]),
  ];
  const sorted = down ? `ORDER BY ${by} DESC, r.id DESC` : `ORDER BY ${by}, r.id`;
  // The page first, of runs alone: the planner takes a join for a condition that few runs fit, and would read them all for it.
  const { rows } = await db.query<RunRow & { at: string }>(
    `SELECT ${runColumns}, ${by}::text AS at
      FROM (SELECT * FROM runs r WHERE ${conditions.join(" AND ")} ${sorted} LIMIT ${bind(limit)}) r
      JOIN projects p ON p.id = r.project LEFT JOIN triggers t ON t.id = r.trigger_id ${sorted}`,
    values,
  );
  return rows.map(({ at, ...row }) => ({ row, position: { at, id: row.id } }));
}

export async function findRun(db: Queryable, id: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>(
    `SELECT ${runColumns} FROM runs r JOIN projects p ON p.id = r.project LEFT JOIN triggers t ON t.id = r.trigger_id WHERE r.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** The last run before it of the same runbook at the same place that did what it was for. */
export async function findLastGood(db: Queryable, org: string, run: RunRow): Promise<RunRow | null> {
  if (run.runbook === null) return null;
  const { rows } = await db.query<RunRow>(
    `SELECT ${runColumns} FROM runs r JOIN projects p ON p.id = r.project LEFT JOIN triggers t ON t.id = r.trigger_id
      WHERE r.org = $1 AND r.runbook = $2 AND r.environment = $3 AND p.name = $4 AND r.created_at < $5
        AND r.finished_at IS NOT NULL AND r.status = 'succeeded' AND NOT r.dry_run
      ORDER BY r.finished_at DESC LIMIT 1`,
    [org, run.runbook, run.environment, run.project, run.createdAt],
  );
  return rows[0] ?? null;
}

export interface DerivedRow {
  id: string;
  kind: Origin["kind"];
  step: string | null;
  status: RunStatus;
  createdAt: Date;
}

/** Runs that were made from this one, newest first; the newest hundred. */
export async function listDerived(db: Queryable, run: string): Promise<DerivedRow[]> {
  const { rows } = await db.query<DerivedRow>(
    `SELECT id, origin_kind AS kind, origin_step AS step, status, created_at AS "createdAt" FROM runs
      WHERE origin_run = $1 ORDER BY created_at DESC, id DESC LIMIT 100`,
    [run],
  );
  return rows;
}

/**
 * Tells states of runs apart: another version where any row that a run in full shows has changed. Runs that the organization
 * doesn't have are left out.
 */
export async function runVersions(db: Queryable, runs: readonly string[]): Promise<{ id: string; version: string }[]> {
  const { rows } = await db.query<{ id: string; version: string }>({
    name: "run-versions",
    text: `SELECT r.id, concat_ws(' ', r.xmin, p.xmin, t.xmin, (
          SELECT string_agg(d.id::text || d.xmin::text, ' ') FROM (
            SELECT id, xmin FROM runs WHERE origin_run = r.id ORDER BY created_at DESC, id DESC LIMIT 100) d)) AS version
      FROM runs r JOIN projects p ON p.id = r.project LEFT JOIN triggers t ON t.id = r.trigger_id
      WHERE r.id = ANY ($1::uuid[])`,
    values: [runs],
  });
  return rows;
}

import {
  GantryError,
  type Actor,
  type Digest,
  type Origin,
  type Party,
  type Plan,
  type TriggeredBy,
} from "@gantry/sdk";
import { engineVersionOf } from "@gantry/sdk/core";
import type { Queryable } from "../queryable.ts";

export interface NewRun {
  id: string;
  org: string;
  project: string;
  plan: Plan;
  planDigest: Digest;
  requester: Actor;
  /** -10 to 10; one step is worth five minutes of waiting. */
  priority: number;
  parent: { run: string; step: string } | null;
  /** It only shows what it would change. A sub-run of a dry run is one whatever is said here. */
  dryRun?: boolean;
  /** The run that it was made from. */
  origin?: Origin;
  /** Who made what the plan was made from, besides the requester: they can't approve it either. */
  planners?: readonly Party[];
  /** `depth`: of runs that started each other by triggers, this one included. */
  triggeredBy?: TriggeredBy & { depth: number };
  /** Unix milliseconds. */
  at: number;
  /** Runs of the organization that may wait to be claimed; past it new ones are refused. Null: no limit (sub-runs). */
  queueLimit: number | null;
}

/** Back-pressure, said clearly: accepting more would only make everybody wait longer. */
export class QueueFullError extends GantryError {
  readonly code = "queue_full";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(limit: number) {
    super(
      `${limit} runs of this organization are waiting to start already; try again when some have started, or add workers.`,
      {
        details: { limit },
      },
    );
  }
}

/**
 * Writes a run with its plan, its first event and the wakeup that makes a worker claim it, in the caller's transaction.
 * The same id a second time changes nothing. Send `workChannel` after the commit.
 * @returns false when the run was there already.
 * @throws QueueFullError
 */
export async function createRun(db: Queryable, run: NewRun): Promise<boolean> {
  if (run.queueLimit !== null) await assertRoom(db, run.org, run.queueLimit);
  const { plan, requester, parent, dryRun = false, origin, triggeredBy, planners = [] } = run;
  const { depth = null, ...by } = triggeredBy ?? {};
  const event = {
    goal: plan.goal,
    planDigest: run.planDigest,
    priority: run.priority,
    parent,
    ...(dryRun ? { dryRun } : {}),
    ...(origin === undefined ? {} : { origin }),
    ...(triggeredBy === undefined ? {} : { triggeredBy: by }),
    ...(planners.length === 0 ? {} : { planners }),
  };
  const { rows } = await db.query({
    name: "create-run",
    text: `WITH p AS (
        INSERT INTO plans (org, digest, plan) VALUES ($2, $5, $6) ON CONFLICT DO NOTHING),
      r AS (
        INSERT INTO runs (id, org, project, environment, pool, actor, actor_kind, actor_name, goal, runbook, plan_digest,
          parent, parent_step, priority, engine_version, seq, dry_run, origin_kind, origin_run, origin_step,
          trigger_id, occurrence, trigger_depth)
        SELECT $1, $2, $3, $4,
          COALESCE((SELECT pool FROM environments e WHERE e.org = $2 AND e.project = $3 AND e.name = $4), 'default'),
          $7, $8, $9, $10, $11, $5, $12, $13, $14, $15, 1,
          $19 OR COALESCE((SELECT dry_run FROM runs WHERE id = $12), false), $20, $21, $22, $23, $24,
          COALESCE($25, (SELECT trigger_depth FROM runs WHERE id = $12), 0)
        ON CONFLICT DO NOTHING RETURNING id, org, pool, priority),
      e AS (
        INSERT INTO events (org, run_id, seq, type, at, actor, data) SELECT org, id, 1, 'run.created', $16, $17, $18 FROM r),
      k AS (
        INSERT INTO wakeups (run_id, org, pool, rank, due_at)
        SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM r ON CONFLICT DO NOTHING)
      SELECT id FROM r`,
    values: [
      run.id,
      run.org,
      run.project,
      plan.environment,
      run.planDigest,
      JSON.stringify(plan),
      requester.id,
      requester.kind,
      storableText(requester.name),
      storableText(plan.goal),
      plan.runbook === null ? null : storableText(plan.runbook.name),
      parent?.run ?? null,
      parent === null ? null : storableText(parent.step),
      run.priority,
      engineVersionOf({ dryRun, plan }),
      Math.trunc(run.at),
      JSON.stringify(requester),
      JSON.stringify(event),
      dryRun,
      origin?.kind ?? null,
      origin?.run ?? null,
      origin?.step ?? null,
      triggeredBy?.trigger ?? null,
      triggeredBy?.occurrence ?? null,
      depth,
    ],
  });
  return rows.length > 0;
}

export async function runExists(db: Queryable, id: string): Promise<boolean> {
  return (await db.query("SELECT 1 FROM runs WHERE id = $1", [id])).rowCount === 1;
}

async function assertRoom(db: Queryable, org: string, limit: number): Promise<void> {
  const { rows } = await db.query<{ waiting: number }>({
    name: "queue-length",
    text: `SELECT count(*)::int AS waiting FROM (
      SELECT 1 FROM wakeups WHERE org = $1 AND rank <= now() + interval '51 minutes' AND due_at <= now() LIMIT $2) q`,
    values: [org, limit],
  });
  if ((rows[0]?.waiting ?? 0) >= limit) throw new QueueFullError(limit);
}

/** `text` columns take neither NUL nor lone surrogates; the plan and the event keep the original. */
function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\u2400");
}

import type { Actor, ErrorData } from "@gantry/sdk";
import type { BulkCommand, BulkFilter } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";
import { runConditions } from "./run-filter.ts";

export interface BulkActionRow {
  id: string;
  actor: string;
  actorName: string;
  action: BulkCommand["action"];
  options: Record<string, unknown>;
  filter: BulkFilter;
  total: number;
  createdAt: Date;
  expiresAt: Date;
  confirmedAt: Date | null;
  /** By the database's clock. */
  expired: boolean;
  ok: number;
  refused: number;
  /** Of `createdAt`, to the microsecond. */
  at: string;
}

export interface BulkItemRow {
  ordinal: number;
  run: string;
  goal: string | null;
  environment: string | null;
  messageId: string | null;
  handled: boolean;
  outcome: ErrorData | null;
}

/** Where the command makes sense at all; the run's owner has the last word. */
const applicable: Record<BulkCommand["action"], string> = {
  cancel: "r.finished_at IS NULL AND r.status NOT IN ('canceling', 'undoing')",
  pause: "r.finished_at IS NULL AND r.status NOT IN ('paused', 'pausing', 'canceling', 'undoing')",
  resume: "r.status IN ('paused', 'pausing')",
  retry: "r.status IN ('failed', 'canceled', 'rejected')",
  undo: "NOT r.dry_run AND r.status NOT IN ('undone', 'undoing', 'denied', 'rejected')",
};

/** Ids of the runs that a filter finds now, newest first; one more than `limit` where there are more. */
export async function findBulkRuns(
  db: Queryable,
  org: string,
  action: BulkCommand["action"],
  filter: BulkFilter,
  limit: number,
): Promise<string[]> {
  const { runs, ...rest } = filter;
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [
    applicable[action],
    ...runConditions(org, runs === undefined ? { ...rest, subRuns: false } : rest, bind),
    ...(runs === undefined ? [] : [`r.id = ANY (${bind(runs)}::uuid[])`]),
  ];
  const { rows } = await db.query<{ id: string }>(
    `SELECT r.id FROM runs r WHERE ${conditions.join(" AND ")}
      ORDER BY r.created_at DESC, r.id DESC LIMIT ${bind(limit + 1)}`,
    values,
  );
  return rows.map(({ id }) => id);
}

export interface NewBulkAction {
  id: string;
  org: string;
  actor: Actor;
  command: BulkCommand;
  filter: BulkFilter;
  runs: readonly string[];
  /** Milliseconds for which it may be confirmed. */
  validMs: number;
}

/** Stores a frozen list; the same id a second time changes nothing. Lists that nobody confirmed go after a day. */
export async function insertBulkAction(db: Queryable, bulk: NewBulkAction): Promise<void> {
  await db.query(
    "DELETE FROM bulk_actions WHERE org = $1 AND confirmed_at IS NULL AND expires_at < now() - interval '1 day'",
    [bulk.org],
  );
  const { action, ...options } = bulk.command;
  await db.query(
    `WITH b AS (
        INSERT INTO bulk_actions (id, org, actor, actor_name, action, options, filter, total, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, cardinality($8::uuid[]), now() + $9 * interval '1 millisecond')
        ON CONFLICT DO NOTHING RETURNING id, org)
      INSERT INTO bulk_items (org, bulk_action, ordinal, run_id)
      SELECT b.org, b.id, i.ordinal, i.run FROM b, unnest($8::uuid[]) WITH ORDINALITY AS i (run, ordinal)`,
    [
      bulk.id,
      bulk.org,
      bulk.actor.id,
      bulk.actor.name,
      action,
      JSON.stringify(options),
      JSON.stringify(bulk.filter),
      bulk.runs,
      bulk.validMs,
    ],
  );
}

/**
 * Tells the command to every run of the list that is still there, in the caller's transaction. `messages` has an id per
 * item, `credential` is what it was confirmed with. Send `workChannel` after the commit.
 */
export async function confirmBulkAction(
  db: Queryable,
  { id, action, options }: Pick<BulkActionRow, "id" | "action" | "options">,
  actor: Actor,
  credential: { kind: string; mfaAt: number | null },
  messages: readonly string[],
): Promise<void> {
  const command = action === "undo" ? { ...options, approved: false } : options;
  // With what it was asked: each run is decided at its own place when its turn comes.
  const payload = { ...command, decideFor: credential };
  await db.query(
    `WITH confirmed AS (UPDATE bulk_actions SET confirmed_at = now() WHERE id = $1 AND confirmed_at IS NULL RETURNING id),
      found AS (
        SELECT b.ordinal, g.message, r.id, r.org, r.pool, r.priority
        FROM confirmed c JOIN bulk_items b ON b.bulk_action = c.id JOIN runs r ON r.id = b.run_id AND r.org = b.org
        JOIN unnest($2::uuid[]) WITH ORDINALITY AS g (message, ordinal) ON g.ordinal = b.ordinal),
      told AS (UPDATE bulk_items b SET message_id = f.message FROM found f WHERE b.bulk_action = $1 AND b.ordinal = f.ordinal),
      mail AS (
        INSERT INTO inbox (id, org, run_id, kind, payload, actor) SELECT message, org, id, $3, $4, $5 FROM found)
      INSERT INTO wakeups (run_id, org, pool, rank, due_at)
      SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM found
      ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    [id, messages, action, JSON.stringify(payload), JSON.stringify(actor)],
  );
}

/** Runs of a list that have ended, by the id of their project. */
export async function countEnded(db: Queryable, bulk: string): Promise<{ project: string; runs: number }[]> {
  const { rows } = await db.query<{ project: string; runs: number }>(
    `SELECT r.project, count(*)::int AS runs FROM bulk_items b JOIN runs r ON r.id = b.run_id AND r.org = b.org
      WHERE b.bulk_action = $1 AND r.finished_at IS NOT NULL GROUP BY 1 ORDER BY 1`,
    [bulk],
  );
  return rows;
}

const columns = `b.id, b.actor, b.actor_name AS "actorName", b.action, b.options, b.filter, b.total, b.created_at AS "createdAt",
  b.expires_at AS "expiresAt", b.confirmed_at AS "confirmedAt", b.expires_at < now() AS expired, b.created_at::text AS at,
  done.ok, done.refused`;
const progress = `bulk_actions b CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.handled_at IS NOT NULL AND m.outcome IS NULL)::int AS ok,
      count(*) FILTER (WHERE m.outcome IS NOT NULL OR i.message_id IS NULL)::int AS refused
    FROM bulk_items i LEFT JOIN inbox m ON m.id = i.message_id
    WHERE i.bulk_action = b.id AND b.confirmed_at IS NOT NULL) done`;

export async function findBulkAction(db: Queryable, id: string): Promise<BulkActionRow | null> {
  const { rows } = await db.query<BulkActionRow>(`SELECT ${columns} FROM ${progress} WHERE b.id = $1`, [id]);
  return rows[0] ?? null;
}

/** Holds off whoever else would confirm it until the transaction ends. */
export async function lockBulkAction(db: Queryable, id: string): Promise<BulkActionRow | null> {
  await db.query("SELECT FROM bulk_actions WHERE id = $1 FOR UPDATE", [id]);
  return findBulkAction(db, id);
}

export async function listBulkActions(
  db: Queryable,
  org: string,
  after: { at: string; id: string } | null,
  limit: number,
): Promise<BulkActionRow[]> {
  const { rows } = await db.query<BulkActionRow>(
    `SELECT ${columns} FROM ${progress}
      WHERE b.org = $1 AND ($2::timestamptz IS NULL OR (b.created_at, b.id) < ($2::timestamptz, $3::uuid))
      ORDER BY b.created_at DESC, b.id DESC LIMIT $4`,
    [org, after?.at ?? null, after?.id ?? null, limit],
  );
  return rows;
}

export async function listBulkItems(db: Queryable, bulk: string, after: number, limit: number): Promise<BulkItemRow[]> {
  const { rows } = await db.query<BulkItemRow>(
    `SELECT i.ordinal, i.run_id AS run, r.goal, r.environment, i.message_id AS "messageId", m.handled_at IS NOT NULL AS handled,
        m.outcome
      FROM bulk_items i LEFT JOIN runs r ON r.id = i.run_id LEFT JOIN inbox m ON m.id = i.message_id
      WHERE i.bulk_action = $1 AND i.ordinal > $2 ORDER BY i.ordinal LIMIT $3`,
    [bulk, after, limit],
  );
  return rows;
}

import type { Actor, Digest } from "@gantry/sdk";
import type { ArchiveEntry } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

/** An entry as it was hashed. */
export type HashedEntry = Omit<ArchiveEntry, "hash">;

export interface ArchivedRow {
  entry: HashedEntry;
  hash: string;
  /** As the purge saw them, outside of what was hashed. */
  ordinal: number;
  run: string;
  digest: Digest;
  /** When retention removed the archive; its entry stays. */
  contentPurgedAt: Date | null;
}

/** What an entry says of the run itself. */
export interface RunFacts {
  seq: number;
  project: string;
  environment: string;
  goal: string;
  runbook: string | null;
  requester: Actor;
  parent: string | null;
  status: string;
  createdAt: Date;
  finishedAt: Date;
}

export type LineKind = "run" | "plan" | "changeSet" | "approval" | "command" | "freezeOverride" | "event";

/** Ordered by the column itself, below: by this copy of it no index would be used. */
const columns = `entry, hash, ordinal::float8 AS ordinal, run_id AS run, digest,
  content_purged_at AS "contentPurgedAt"`;

/** Null when it hasn't ended or is gone. */
export async function readRunFacts(db: Queryable, run: string): Promise<RunFacts | null> {
  const { rows } = await db.query<RunFacts>(
    `SELECT r.seq, p.name AS project, r.environment, r.goal, r.runbook, r.parent, r.status, r.created_at AS "createdAt",
       r.finished_at AS "finishedAt", json_build_object('kind', r.actor_kind, 'id', r.actor, 'name', r.actor_name) AS requester
     FROM runs r JOIN projects p ON p.id = r.project WHERE r.id = $1 AND r.finished_at IS NOT NULL`,
    [run],
  );
  return rows[0] ?? null;
}

const eventsAtOnce = 1_000;

/**
 * A run's history as lines of JSON, values exactly as they are stored. What belongs to all of it comes first, then the
 * events in order.
 */
export async function* archiveLines(db: Queryable, run: string): AsyncGenerator<{ kind: LineKind; text: string }> {
  for (const [kind, fields, from] of parts) {
    const { rows } = await db.query<{ text: string }>(
      `SELECT replace(json_build_object('kind', '${kind}', ${fields})::text, E'\\n', ' ') AS text FROM ${from}`,
      [run],
    );
    for (const { text } of rows) yield { kind, text };
  }
  for (let after = 0; ;) {
    const { rows } = await db.query<{ seq: number; text: string }>({
      name: "archive-events",
      text: `SELECT seq, replace(json_build_object('kind', 'event', 'seq', seq, 'type', type, 'at', at, 'actor', actor, 'data', data)::text,
          E'\\n', ' ') AS text FROM events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      values: [run, after, eventsAtOnce],
    });
    for (const { text } of rows) yield { kind: "event", text };
    if (rows.length < eventsAtOnce) return;
    after = rows.at(-1)?.seq ?? after;
  }
}

const parts: [LineKind, string, string][] = [
  [
    "run",
    `'format', 1, 'id', r.id, 'organization', r.org, 'project', p.name, 'environment', r.environment, 'pool', r.pool,
     'requester', json_build_object('kind', r.actor_kind, 'id', r.actor, 'name', r.actor_name), 'goal', r.goal,
     'runbook', r.runbook, 'planDigest', r.plan_digest, 'parent', r.parent, 'parentStep', r.parent_step,
     'priority', r.priority, 'engineVersion', r.engine_version, 'status', r.status, 'error', r.error, 'dryRun', r.dry_run,
     'originKind', r.origin_kind, 'originRun', r.origin_run, 'originStep', r.origin_step, 'trigger', r.trigger_id,
     'occurrence', r.occurrence, 'createdAt', r.created_at, 'finishedAt', r.finished_at`,
    "runs r JOIN projects p ON p.id = r.project WHERE r.id = $1",
  ],
  [
    "plan",
    "'digest', p.digest, 'plan', p.plan",
    "plans p JOIN runs r ON r.org = p.org AND r.plan_digest = p.digest WHERE r.id = $1",
  ],
  [
    "changeSet",
    `'hash', hash, 'gate', gate, 'status', status, 'approvals', approvals, 'createdAt', created_at, 'expiresAt', expires_at,
     'begunAt', begun_at`,
    "change_sets WHERE run_id = $1 ORDER BY created_at, hash",
  ],
  [
    "approval",
    `'changeSet', hash, 'actor', actor, 'group', "group", 'at', at`,
    "approvals WHERE run_id = $1 ORDER BY at, actor",
  ],
  [
    "command",
    `'id', id, 'command', kind, 'payload', payload, 'actor', actor, 'sentAt', created_at, 'handledAt', handled_at, 'outcome', outcome`,
    "inbox WHERE run_id = $1 ORDER BY id",
  ],
  [
    "freezeOverride",
    "'reason', reason, 'actor', actor, 'at', at, 'until', until",
    "freeze_overrides WHERE run_id = $1 ORDER BY at",
  ],
];

/** The newest entry of the organization. */
export async function lastEntry(db: Queryable, org: string): Promise<{ ordinal: number; hash: string } | null> {
  const { rows } = await db.query<{ ordinal: number; hash: string }>(
    "SELECT ordinal::float8 AS ordinal, hash FROM archived_runs WHERE org = $1 ORDER BY archived_runs.ordinal DESC LIMIT 1",
    [org],
  );
  return rows[0] ?? null;
}

/** @throws where another process added an entry at the same time: the ordinal is taken. */
export async function insertEntry(db: Queryable, org: string, entry: ArchiveEntry, seq: number): Promise<void> {
  const { hash, ...hashed } = entry;
  await db.query(
    `INSERT INTO archived_runs (org, ordinal, run_id, seq, entry, hash, digest) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [org, entry.ordinal, entry.run, seq, JSON.stringify(hashed), hash, entry.digest],
  );
}

export async function findEntry(db: Queryable, run: string): Promise<ArchivedRow | null> {
  const { rows } = await db.query<ArchivedRow>(`SELECT ${columns} FROM archived_runs WHERE run_id = $1`, [run]);
  return rows[0] ?? null;
}

/** Entries before an ordinal, the latest first. */
export async function listEntries(
  db: Queryable,
  org: string,
  before: number | null,
  limit: number,
): Promise<ArchivedRow[]> {
  const { rows } = await db.query<ArchivedRow>(
    `SELECT ${columns} FROM archived_runs WHERE org = $1 AND ($2::bigint IS NULL OR ordinal < $2)
     ORDER BY archived_runs.ordinal DESC LIMIT $3`,
    [org, before, limit],
  );
  return rows;
}

/** Entries from an ordinal on, in order. */
export async function entriesFrom(db: Queryable, org: string, from: number, limit: number): Promise<ArchivedRow[]> {
  const { rows } = await db.query<ArchivedRow>(
    `SELECT ${columns} FROM archived_runs WHERE org = $1 AND ordinal >= $2 ORDER BY archived_runs.ordinal LIMIT $3`,
    [org, from, limit],
  );
  return rows;
}

/** At which event the history of a purged run ended; null for one that isn't archived. */
export async function archivedAt(db: Queryable, run: string): Promise<number | null> {
  const { rows } = await db.query<{ seq: number }>("SELECT seq FROM archived_runs WHERE run_id = $1", [run]);
  return rows[0]?.seq ?? null;
}

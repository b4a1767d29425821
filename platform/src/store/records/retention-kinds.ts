import type { Actor, Digest } from "@gantry/sdk";
import type { RetentionKind } from "@gantry/sdk/api";
import type { ClientBase } from "pg";
import type { Queryable } from "../queryable.ts";

/** Rows `x` of `table` that are old enough and needed by nobody; $1 is the organization, $2 the days. */
interface Part {
  readonly table: string;
  readonly where: string;
}

const old = (column: string) => `${column} < now() - make_interval(days => $2)`;
const endedUnheld = `EXISTS (SELECT FROM runs r WHERE r.id = x.run_id AND ${old("r.finished_at")} AND r.owner IS NULL
  AND NOT EXISTS (SELECT FROM run_holds h WHERE h.run_id = r.id))`;

/** The first part is what a preview counts; the others hang on it. */
const parts: Readonly<Record<RetentionKind, readonly [Part, ...Part[]]>> = {
  logs: [{ table: "log_segments", where: endedUnheld }],
  archives: [{ table: "archived_runs", where: `${old("x.purged_at")} AND x.content_purged_at IS NULL` }],
  audit: [{ table: "audit_records", where: `${old("x.at")} AND audit_purgeable(x)` }],
  deliveries: [
    { table: "deliveries", where: `x.status <> 'pending' AND ${old("x.ended_at")}` },
    { table: "notification_threads", where: old("x.updated_at") },
  ],
  occurrences: [
    { table: "trigger_occurrences", where: old("x.created_at") },
    { table: "trigger_keys", where: old("x.created_at") },
  ],
  states: [
    {
      table: "terraform_state_versions",
      where: `${old("x.created_at")} AND x.version <= (SELECT s.version FROM terraform_states s WHERE s.org = x.org AND s.id = x.state) - 10`,
    },
  ],
  secrets: [
    {
      table: "secret_versions",
      // The version before is what receivers may still know; a run that goes on hides the one that it was given.
      where: `${old("x.created_at")} AND NOT EXISTS (SELECT FROM secrets s WHERE s.org = x.org AND s.id = x.secret_id
          AND x.version IN (s.version, COALESCE(s.former, s.version)))
        AND NOT EXISTS (SELECT FROM run_secrets g JOIN runs r ON r.id = g.run_id
          WHERE g.org = x.org AND g.secret_id = x.secret_id AND g.version = x.version AND r.finished_at IS NULL)`,
    },
  ],
  keys: [{ table: "api_keys", where: old("LEAST(x.revoked_at, x.expires_at)") }],
  invitations: [{ table: "invitations", where: old("LEAST(x.accepted_at, x.revoked_at, x.expires_at)") }],
  delegations: [
    {
      table: "approval_delegations",
      where: `${old("LEAST(x.until, x.revoked_at)")} AND NOT EXISTS (SELECT FROM approvals a JOIN runs r ON r.id = a.run_id
        WHERE a.delegation = x.id AND r.finished_at IS NULL)`,
    },
  ],
  "bulk-actions": [{ table: "bulk_actions", where: `${old("x.created_at")} AND x.expires_at < now()` }],
  // Where nothing is kept any more, what was kept goes too; a call that was under way just then may still bring some.
  prompts: [
    {
      table: "model_contents",
      where: `(${old("x.at")} OR (x.at < now() - interval '10 minutes' AND NOT EXISTS (SELECT FROM model_policies p WHERE p.org = x.org AND p.store <> 'off')))`,
    },
  ],
  "model-calls": [{ table: "model_calls", where: `${old("x.at")} AND x.state <> 'open'` }],
  memories: [{ table: "memories", where: `${old("x.updated_at")} AND x.pinned_at IS NULL AND x.agent IS NOT NULL` }],
};

export interface KindRuleRow {
  kind: RetentionKind;
  keepDays: number | null;
  actor: Actor;
  updatedAt: Date;
}

/** What the organization set itself. */
export async function readKindRules(db: Queryable, org: string): Promise<KindRuleRow[]> {
  const { rows } = await db.query<KindRuleRow>(
    `SELECT kind, keep_days AS "keepDays", actor, updated_at AS "updatedAt" FROM retention_kind_rules WHERE org = $1`,
    [org],
  );
  return rows;
}

export async function putKindRule(
  db: Queryable,
  { org, kind, keepDays, actor }: { org: string; kind: RetentionKind; keepDays: number | null; actor: Actor },
): Promise<void> {
  await db.query(
    `INSERT INTO retention_kind_rules (org, kind, keep_days, actor) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org, kind) DO UPDATE SET keep_days = excluded.keep_days, actor = excluded.actor, updated_at = now()`,
    [org, kind, keepDays, JSON.stringify(actor)],
  );
}

export async function removeKindRule(db: Queryable, org: string, kind: RetentionKind): Promise<void> {
  await db.query("DELETE FROM retention_kind_rules WHERE org = $1 AND kind = $2", [org, kind]);
}

export interface KindInForce {
  org: string;
  kind: RetentionKind;
  /** Null, for ever, only of kinds that also end for another reason than age. */
  keepDays: number | null;
  setBy: Actor | null;
}

/** Of all organizations that aren't being deleted: kinds that don't stay for ever, whatever happens. */
export async function kindsInForce(
  db: Queryable,
  defaults: readonly { kind: RetentionKind; days: number | null }[],
): Promise<KindInForce[]> {
  const { rows } = await db.query<KindInForce>(
    `SELECT o.org, k.kind, CASE WHEN r.org IS NULL THEN k.days ELSE r.keep_days END AS "keepDays", r.actor AS "setBy"
     FROM organizations o CROSS JOIN unnest($1::text[], $2::int[]) k (kind, days)
     LEFT JOIN retention_kind_rules r ON r.org = o.org AND r.kind = k.kind
     WHERE o.state = 'active' AND (CASE WHEN r.org IS NULL THEN k.days ELSE r.keep_days END IS NOT NULL OR k.kind = 'prompts') ORDER BY o.org, k.kind`,
    [defaults.map(({ kind }) => kind), defaults.map(({ days }) => days)],
  );
  return rows;
}

/** How many would go, counted up to the limit. */
export async function countOld(
  db: Queryable,
  { org, kind, keepDays }: { org: string; kind: RetentionKind | "runs"; keepDays: number },
  limit: number,
): Promise<number> {
  const { table, where } = kind === "runs" ? oldRuns : parts[kind][0];
  const { rows } = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM (SELECT FROM ${table} x WHERE x.org = $1 AND ${where} LIMIT $3) o`,
    [org, keepDays, limit],
  );
  return rows[0]?.n ?? 0;
}

const oldRuns: Part = {
  table: "runs",
  where: `${old("x.finished_at")} AND x.owner IS NULL AND NOT EXISTS (SELECT FROM run_holds h WHERE h.run_id = x.id)`,
};

/** Removes some rows that nothing else has to be told of. @returns how many, of the kind itself and of what hangs on it. */
export async function removeOld(
  db: Queryable,
  { org, kind, keepDays }: KindInForce,
  most: number,
): Promise<{ removed: number; rest: number }> {
  const counts: number[] = [];
  for (const { table, where } of parts[kind]) {
    const { rowCount } = await db.query(
      `DELETE FROM ${table} WHERE org = $1 AND ctid = ANY (ARRAY(SELECT x.ctid FROM ${table} x WHERE x.org = $1 AND ${where} LIMIT $3))`,
      [org, keepDays, most],
    );
    counts.push(rowCount ?? 0);
  }
  const [removed = 0, ...rest] = counts;
  return { removed, rest: rest.reduce((sum, count) => sum + count, 0) };
}

/** Removes the index of some logs and says so at their runs. @returns what they were stored as. */
export async function removeOldLogs(tx: ClientBase, { org, keepDays }: KindInForce, most: number): Promise<Digest[]> {
  const { rows } = await tx.query<{ digest: Digest }>(
    `WITH gone AS (DELETE FROM log_segments WHERE org = $1 AND ctid = ANY (ARRAY(
         SELECT x.ctid FROM log_segments x WHERE x.org = $1 AND ${parts.logs[0].where} LIMIT $3)) RETURNING run_id, digest),
       told AS (UPDATE log_heads h SET purged_at = now() WHERE h.org = $1 AND h.run_id IN (SELECT run_id FROM gone))
     SELECT digest FROM gone`,
    [org, keepDays, most],
  );
  return rows.map(({ digest }) => digest);
}

export async function hasPurgedLogs(db: Queryable, run: string): Promise<boolean> {
  const { rowCount } = await db.query("SELECT FROM log_heads WHERE run_id = $1 AND purged_at IS NOT NULL", [run]);
  return (rowCount ?? 0) > 0;
}

/** Marks some archives as removed. @returns which. */
export async function markOldArchives(tx: ClientBase, { org, keepDays }: KindInForce, most: number): Promise<Digest[]> {
  const { rows } = await tx.query<{ digest: Digest }>(
    `UPDATE archived_runs SET content_purged_at = now() WHERE org = $1 AND ordinal = ANY (ARRAY(
       SELECT x.ordinal FROM archived_runs x WHERE x.org = $1 AND ${parts.archives[0].where} ORDER BY x.ordinal LIMIT $3)) RETURNING digest`,
    [org, keepDays, most],
  );
  return rows.map(({ digest }) => digest);
}

/** Removes some records of the audit trail; their hashes stay. The function writes the record of it itself. */
export async function purgeAudit(
  db: Queryable,
  { org, keepDays }: KindInForce,
  { most, who, details, record }: { most: number; who: Actor; details: object; record: string },
): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT purge_audit($1, $2, $3, $4, $5, $6) AS n", [
    org,
    keepDays,
    most,
    JSON.stringify(who),
    JSON.stringify(details),
    record,
  ]);
  return rows[0]?.n ?? 0;
}

/** What no organization sets: sessions that ended, and answers under idempotency keys, which hold for a day. */
export async function forgetEnded(db: Queryable, most: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>("SELECT forget_ended_sign_ins($1) AS n", [most]);
  const { rowCount } = await db.query(
    `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '1 day' LIMIT $1))`,
    [most],
  );
  return Math.max(rows[0]?.n ?? 0, rowCount ?? 0);
}

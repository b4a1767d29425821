import type { Actor } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface FreezeRow {
  id: string;
  org: string;
  project: string | null;
  projectName: string | null;
  environment: string | null;
  reason: string;
  actor: Actor;
  startsAt: Date | null;
  /** Null: no end, or a recurring one. */
  endsAt: Date | null;
  cron: string | null;
  timeZone: string | null;
  durationMs: number | null;
  createdAt: Date;
}

/** Unix milliseconds; `to` null: without an end. */
export interface FreezeWindow {
  from: number;
  to: number | null;
}

/** A window that is open or to come, and what it covers. */
export interface CoveringWindow extends FreezeWindow {
  freeze: string;
  org: string;
  project: string | null;
  environment: string | null;
  reason: string;
}

const columns = `f.id, f.org, f.project, p.name AS "projectName", f.environment, f.reason, f.actor, f.starts_at AS "startsAt",
  f.ends_at AS "endsAt", f.cron, f.time_zone AS "timeZone", f.duration_ms::float8 AS "durationMs", f.created_at AS "createdAt"`;

export async function insertFreeze(
  db: Queryable,
  one: Omit<FreezeRow, "projectName" | "createdAt">,
  windows: readonly FreezeWindow[],
): Promise<void> {
  await db.query(
    `INSERT INTO freezes (org, id, project, environment, reason, actor, starts_at, ends_at, cron, time_zone, duration_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
    [
      one.org,
      one.id,
      one.project,
      one.environment,
      one.reason,
      JSON.stringify(one.actor),
      one.startsAt,
      one.endsAt,
      one.cron,
      one.timeZone,
      one.durationMs,
    ],
  );
  await setWindows(db, one.id, windows);
}

/** Puts these windows in the place of those that the freeze has, in the caller's transaction. */
export async function setWindows(db: Queryable, freeze: string, windows: readonly FreezeWindow[]): Promise<void> {
  await db.query("DELETE FROM freeze_windows WHERE freeze_id = $1", [freeze]);
  await db.query(
    `INSERT INTO freeze_windows (org, freeze_id, project, environment, starts_at, ends_at)
     SELECT f.org, f.id, f.project, f.environment, to_timestamp(w.from_ms / 1000), COALESCE(to_timestamp(w.to_ms / 1000), 'infinity')
     FROM freezes f, unnest($2::float8[], $3::float8[]) AS w (from_ms, to_ms) WHERE f.id = $1 AND f.ended_at IS NULL`,
    [freeze, windows.map(({ from }) => from), windows.map(({ to }) => to)],
  );
}

/** Those that are not over, newest first. */
export async function listFreezes(db: Queryable, org: string): Promise<FreezeRow[]> {
  const { rows } = await db.query<FreezeRow>(
    `SELECT ${columns} FROM freezes f LEFT JOIN projects p ON p.id = f.project
      WHERE f.org = $1 AND f.ended_at IS NULL AND (f.ends_at IS NULL OR f.ends_at > now())
      ORDER BY f.created_at DESC, f.id LIMIT 1000`,
    [org],
  );
  return rows;
}

/** @returns false when there is none that could end. The runs that it held are woken. */
export async function endFreeze(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query("UPDATE freezes SET ended_at = now() WHERE id = $1 AND ended_at IS NULL", [id]);
  if ((rowCount ?? 0) === 0) return false;
  await db.query("DELETE FROM freeze_windows WHERE freeze_id = $1", [id]);
  await wakeFrozen(db);
  return true;
}

/** Windows that are open or open within the time given, soonest first. */
export async function nearWindows(db: Queryable, withinMs: number): Promise<CoveringWindow[]> {
  const { rows } = await db.query<Omit<CoveringWindow, "from" | "to"> & { from: Date; to: Date | null }>({
    name: "near-freeze-windows",
    text: `SELECT w.freeze_id AS "freeze", w.org, w.project, w.environment, f.reason, w.starts_at AS "from",
        CASE WHEN w.ends_at < 'infinity' THEN w.ends_at END AS "to"
      FROM freeze_windows w JOIN freezes f ON f.id = w.freeze_id
      WHERE w.ends_at > clock_timestamp() AND w.starts_at <= clock_timestamp() + $1 * interval '1 millisecond'
      ORDER BY w.starts_at`,
    values: [withinMs],
  });
  return rows.map((row) => ({ ...row, from: row.from.getTime(), to: row.to?.getTime() ?? null }));
}

/** The window that covers the place at this moment and ends last; null when nothing is frozen there. */
export async function freezeOver(
  db: Queryable,
  at: { org: string; project: string; environment: string },
): Promise<{ freeze: string; reason: string; to: Date | null } | null> {
  const { rows } = await db.query<{ freeze: string; reason: string; to: Date | null }>({
    name: "freeze-over",
    text: `SELECT w.freeze_id AS "freeze", f.reason, CASE WHEN w.ends_at < 'infinity' THEN w.ends_at END AS "to"
      FROM freeze_windows w JOIN freezes f ON f.id = w.freeze_id
      WHERE w.org = $1 AND (w.project IS NULL OR w.project = $2) AND (w.environment IS NULL OR w.environment = $3)
        AND w.starts_at <= clock_timestamp() AND w.ends_at > clock_timestamp() ORDER BY w.ends_at DESC LIMIT 1`,
    values: [at.org, at.project, at.environment],
  });
  return rows[0] ?? null;
}

/** The window of each freeze that is open, or else comes next. */
export async function nextWindows(db: Queryable, freezes: readonly string[]): Promise<Map<string, FreezeWindow>> {
  const { rows } = await db.query<{ freeze: string; from: Date; to: Date | null }>(
    `SELECT DISTINCT ON (freeze_id) freeze_id AS "freeze", starts_at AS "from", CASE WHEN ends_at < 'infinity' THEN ends_at END AS "to"
       FROM freeze_windows WHERE freeze_id = ANY ($1) AND ends_at > now() ORDER BY freeze_id, starts_at`,
    [[...freezes]],
  );
  return new Map(rows.map(({ freeze, from, to }) => [freeze, { from: from.getTime(), to: to?.getTime() ?? null }]));
}

/** Recurring ones whose windows reach less far than the time given, one, locked; null when all reach that far. */
export async function claimShortFreeze(db: Queryable, until: number): Promise<FreezeRow | null> {
  const { rows } = await db.query<FreezeRow>(
    `SELECT ${columns} FROM freezes f LEFT JOIN projects p ON p.id = f.project
      WHERE f.ended_at IS NULL AND f.cron IS NOT NULL
        AND (SELECT max(w.starts_at) FROM freeze_windows w WHERE w.freeze_id = f.id) < $1
      LIMIT 1 FOR UPDATE OF f SKIP LOCKED`,
    [new Date(until)],
  );
  return rows[0] ?? null;
}

/** Lets the run go on until every window that covers it now is over. @returns false when none does. */
export async function overrideFreeze(
  db: Queryable,
  { run, reason, actor }: { run: string; reason: string; actor: Actor },
): Promise<{ until: Date | null } | null> {
  const { rows } = await db.query<{ until: Date | null }>(
    `WITH o AS (
       INSERT INTO freeze_overrides AS had (org, run_id, until, reason, actor)
       SELECT r.org, r.id, max(w.ends_at), $2, $3::json FROM runs r JOIN freeze_windows w ON w.org = r.org
         AND (w.project IS NULL OR w.project = r.project) AND (w.environment IS NULL OR w.environment = r.environment)
         AND w.starts_at <= now() AND w.ends_at > now()
       WHERE r.id = $1 GROUP BY r.org, r.id ON CONFLICT DO NOTHING RETURNING until)
     SELECT CASE WHEN until < 'infinity' THEN until END AS until FROM o`,
    [run, reason, JSON.stringify(actor)],
  );
  return rows[0] ?? null;
}

/** Makes workers look at every frozen run again; one that something still freezes just stays so. */
export async function wakeFrozen(db: Queryable): Promise<void> {
  await db.query(
    `INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs
     WHERE status = 'frozen' AND finished_at IS NULL
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
  );
}

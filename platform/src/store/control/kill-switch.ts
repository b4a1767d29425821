import type { Actor } from "@gantry/sdk";
import type { Queryable } from "../queryable.ts";

export interface KillSwitch {
  id: string;
  /** Null: every organization. */
  org: string | null;
  reason: string;
  actor: Actor;
  /** Unix milliseconds. */
  setAt: number;
  /** Set by a restore, and lifted by resuming after it. */
  restored: boolean;
}

/**
 * From the commit on no attempt starts that this covers, whatever workers do or whether any is alive: the statement that
 * announces an attempt reads this table. What runs already runs to its end. Send `workChannel` after the commit.
 */
export async function setKillSwitch(
  db: Queryable,
  { id, org, reason, actor }: Omit<KillSwitch, "setAt" | "restored">,
): Promise<void> {
  await db.query("INSERT INTO kill_switches (id, org, reason, actor) VALUES ($1, $2, $3, $4)", [
    id,
    org,
    reason.toWellFormed().replaceAll("\0", "\u2400"),
    JSON.stringify(actor),
  ]);
}

/** Lifts it and wakes the runs that it halted. @returns false when it isn't set (any more). */
export async function liftKillSwitch(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE kill_switches SET lifted_at = now() WHERE id = $1 AND lifted_at IS NULL",
    [id],
  );
  if (rowCount === 0) return false;
  await db.query(
    `INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT r.id, r.org, r.pool, now() - r.priority * interval '5 minutes', now()
     FROM runs r JOIN kill_switches k ON k.id = $1 AND (k.org IS NULL OR k.org = r.org)
     WHERE r.status = 'halted' AND r.finished_at IS NULL
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
    [id],
  );
  return true;
}

/** Those that are set now, newest first. */
export async function activeKillSwitches(db: Queryable): Promise<KillSwitch[]> {
  const { rows } = await db.query<Omit<KillSwitch, "setAt"> & { set_at: Date }>({
    name: "kill-switches",
    text: "SELECT id, org, reason, actor, set_at, restore IS NOT NULL AS restored FROM kill_switches WHERE lifted_at IS NULL ORDER BY set_at DESC",
    values: [],
  });
  return rows.map(({ set_at, ...row }) => ({ ...row, setAt: set_at.getTime() }));
}

export interface Controls {
  halts: KillSwitch[];
  rulesVersion: number;
  /** Somebody told the worker to take nothing more. */
  drained: boolean;
}

/** What a worker looks at before it looks for work: the kill switches, whether limits changed, and whether it is to work. */
export async function readControls(db: Queryable, worker: string | null): Promise<Controls> {
  type Row = Omit<KillSwitch, "setAt"> & { set_at: Date | null; rules: number; drained: boolean };
  const { rows } = await db.query<Row>({
    name: "controls",
    text: `SELECT k.id, k.org, k.reason, k.actor, k.set_at, k.restore IS NOT NULL AS restored, v.n::float8 AS rules,
        EXISTS (SELECT FROM workers WHERE id = $1 AND drained_at IS NOT NULL) AS drained
      FROM rules_version v LEFT JOIN kill_switches k ON k.lifted_at IS NULL ORDER BY k.set_at DESC`,
    values: [worker],
  });
  const halts = rows.flatMap(({ rules: _, drained: __, set_at, ...row }) =>
    set_at === null ? [] : [{ ...row, setAt: set_at.getTime() }],
  );
  return { halts, rulesVersion: rows[0]?.rules ?? 0, drained: rows[0]?.drained ?? false };
}

/** Makes workers look at every halted run again; one that a kill switch still covers just stays halted. */
export async function wakeHalted(db: Queryable): Promise<void> {
  await db.query(
    `INSERT INTO wakeups (run_id, org, pool, rank, due_at)
     SELECT id, org, pool, now() - priority * interval '5 minutes', now() FROM runs
     WHERE status = 'halted' AND finished_at IS NULL
     ON CONFLICT (run_id) DO UPDATE SET rank = LEAST(wakeups.rank, excluded.rank), due_at = LEAST(wakeups.due_at, excluded.due_at)`,
  );
}

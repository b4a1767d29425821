import type { Actor, JsonObject } from "@gantry/sdk";
import type { TriggerSource } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

export interface TriggerRow {
  id: string;
  org: string;
  /** Its id and its name. */
  project: string;
  projectName: string;
  environment: string;
  name: string;
  source: TriggerSource;
  runbook: string;
  runbookVersion: string | null;
  parameters: JsonObject;
  mapping: Readonly<Record<string, string>>;
  condition: string | null;
  /** For whom it acts. */
  actor: Actor & { kind: "user" | "service" };
  memory: TriggerMemory;
  dueAt: Date | null;
  pausedAt: Date | null;
  pausedBy: Actor | null;
  pausedReason: string | null;
  createdAt: Date;
}

/** What a trigger must remember between two looks, by its kind. Times are Unix milliseconds. */
export interface TriggerMemory {
  /** Schedule: the time that is due next, before jitter. */
  next?: number;
  /** Git: the commit that the ref stood at. Null: the ref wasn't there. */
  commit?: string | null;
  /** Git: how often in a row the repository couldn't be read. */
  failures?: number;
  /** Run: up to when the ends of runs have been looked at. */
  readTo?: number;
}

export interface NewTrigger extends Omit<
  TriggerRow,
  "projectName" | "pausedAt" | "pausedBy" | "pausedReason" | "createdAt" | "actor"
> {
  actor: string;
}

const columns = `t.id, t.org, t.project, p.name AS "projectName", t.environment, t.name, t.source, t.runbook,
  t.runbook_version AS "runbookVersion", t.parameters, t.mapping, t.condition,
  json_build_object('kind', a.kind, 'id', a.id, 'name', a.name) AS actor, t.memory, t.due_at AS "dueAt",
  t.paused_at AS "pausedAt", t.paused_by AS "pausedBy", t.paused_reason AS "pausedReason", t.created_at AS "createdAt"`;
const joins = "JOIN projects p ON p.id = t.project JOIN actors a ON a.id = t.actor";

/** @returns false when the project has one of that name, or when this very one is there already. */
export async function insertTrigger(db: Queryable, one: NewTrigger): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO triggers (org, id, project, environment, name, kind, source, runbook, runbook_version, parameters, mapping,
       condition, actor, memory, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
    [
      one.org,
      one.id,
      one.project,
      one.environment,
      one.name,
      one.source.kind,
      JSON.stringify(one.source),
      one.runbook,
      one.runbookVersion,
      JSON.stringify(one.parameters),
      JSON.stringify(one.mapping),
      one.condition,
      one.actor,
      JSON.stringify(one.memory),
      one.dueAt,
    ],
  );
  return (rowCount ?? 0) > 0;
}

/** Null for one that was removed, too. `lock` keeps it as it is until the transaction ends. */
export async function findTrigger(db: Queryable, id: string, lock = false): Promise<TriggerRow | null> {
  const { rows } = await db.query<TriggerRow>(
    `SELECT ${columns} FROM triggers t ${joins} WHERE t.id = $1 AND t.removed_at IS NULL ${lock ? "FOR UPDATE OF t" : ""}`,
    [id],
  );
  return rows[0] ?? null;
}

export async function listTriggers(
  db: Queryable,
  org: string,
  { project, environment }: { project: string | null; environment: string | null },
): Promise<TriggerRow[]> {
  const { rows } = await db.query<TriggerRow>(
    `SELECT ${columns} FROM triggers t ${joins}
      WHERE t.org = $1 AND t.removed_at IS NULL AND ($2::text IS NULL OR p.name = $2)
        AND ($3::text IS NULL OR t.environment = $3)
      ORDER BY p.name, t.name LIMIT 1000`,
    [org, project, environment],
  );
  return rows;
}

/** Whoever changes what it does is whom it acts for. */
export async function editTrigger(
  db: Queryable,
  id: string,
  { mapping, condition, actor }: Pick<NewTrigger, "mapping" | "condition" | "actor">,
): Promise<void> {
  await db.query("UPDATE triggers SET mapping = $2, condition = $3, actor = $4 WHERE id = $1", [
    id,
    JSON.stringify(mapping),
    condition,
    actor,
  ]);
}

export async function pauseTrigger(db: Queryable, id: string, by: Actor, reason: string | null): Promise<void> {
  await db.query(
    "UPDATE triggers SET paused_at = now(), paused_by = $2, paused_reason = $3 WHERE id = $1 AND paused_at IS NULL",
    [id, JSON.stringify(by), reason],
  );
}

export async function resumeTrigger(db: Queryable, id: string): Promise<void> {
  await db.query("UPDATE triggers SET paused_at = NULL, paused_by = NULL, paused_reason = NULL WHERE id = $1", [id]);
}

/** @returns false when there is none. Its history stays, and its name is free again. */
export async function removeTrigger(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query("UPDATE triggers SET removed_at = now() WHERE id = $1 AND removed_at IS NULL", [
    id,
  ]);
  return (rowCount ?? 0) > 0;
}

/**
 * The one that is due longest, locked until the transaction ends. Those that others have locked are passed over, so any
 * number of processes may look at the same time.
 */
export async function claimDueTrigger(
  db: Queryable,
  kinds: readonly TriggerSource["kind"][],
  now: number,
): Promise<TriggerRow | null> {
  const { rows } = await db.query<TriggerRow>({
    name: "claim-due-trigger",
    text: `SELECT ${columns} FROM triggers t ${joins}
      WHERE t.removed_at IS NULL AND t.due_at <= $1 AND t.kind = ANY ($2::text[])
      ORDER BY t.due_at LIMIT 1 FOR UPDATE OF t SKIP LOCKED`,
    values: [new Date(now), [...kinds]],
  });
  return rows[0] ?? null;
}

/** What it remembers from now on, and when it wants to be looked at again. */
export async function rememberTrigger(
  db: Queryable,
  id: string,
  { memory, dueAt }: { memory: TriggerMemory; dueAt: number | null },
): Promise<void> {
  await db.query("UPDATE triggers SET memory = $2, due_at = $3 WHERE id = $1", [
    id,
    JSON.stringify(memory),
    dueAt === null ? null : new Date(dueAt),
  ]);
}

/** Something about it went wrong that is no occurrence: others go first. */
export async function postponeTrigger(db: Queryable, id: string, until: number): Promise<void> {
  await db.query("UPDATE triggers SET due_at = $2 WHERE id = $1", [id, new Date(until)]);
}

/** Unix milliseconds of the database's clock, which is the one that counts for everything that is due. */
export async function databaseTime(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ at: Date }>({
    name: "database-time",
    text: "SELECT clock_timestamp() AS at",
    values: [],
  });
  return rows[0]?.at.getTime() ?? 0;
}

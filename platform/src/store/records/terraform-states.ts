import type { LockInfo } from "@gantry/sdk/api";
import type { Queryable } from "../organization.ts";

/** Where a state lies. */
export interface StatePlace {
  org: string;
  /** Id of the project. */
  project: string;
  environment: string;
  name: string;
}

export interface StateRow {
  id: string;
  version: number;
  lock: LockInfo | null;
  lockId: string | null;
  lockRun: string | null;
  lockAttempt: string | null;
  lockedAt: Date | null;
}

export interface StateVersionRow {
  version: number;
  serial: number | null;
  lineage: string | null;
  bytes: number;
  createdAt: Date;
  actor: string;
  run: string | null;
  lockId: string | null;
  restoredFrom: number | null;
  deleted: boolean;
}

const stateColumns = `s.id, s.version, s.lock, s.lock_id AS "lockId", s.lock_run AS "lockRun",
  s.lock_attempt AS "lockAttempt", s.locked_at AS "lockedAt"`;
const versionColumns = `version, serial::float8 AS serial, lineage, bytes, created_at AS "createdAt", actor, run,
  lock_id AS "lockId", restored_from AS "restoredFrom", sealed IS NULL AS deleted`;

const at = "s.org = $1 AND s.project = $2 AND s.environment = $3 AND s.name = $4";
const values = (place: StatePlace) => [place.org, place.project, place.environment, place.name];

/** Null while nothing was ever stored or locked there. */
export async function findState(db: Queryable, place: StatePlace): Promise<StateRow | null> {
  const { rows } = await db.query<StateRow>(
    `SELECT ${stateColumns} FROM terraform_states s WHERE ${at}`,
    values(place),
  );
  return rows[0] ?? null;
}

/** The state's row, locked until the end of the transaction: whoever writes or locks a state comes through here. */
export async function takeState(db: Queryable, place: StatePlace, id: string): Promise<StateRow> {
  await db.query(
    `INSERT INTO terraform_states (org, project, environment, name, id) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [...values(place), id],
  );
  const { rows } = await db.query<StateRow>(
    `SELECT ${stateColumns} FROM terraform_states s WHERE ${at} FOR UPDATE`,
    values(place),
  );
  const row = rows[0];
  if (row === undefined) throw new Error(`The state ${place.name} could not be created.`);
  return row;
}

/** Encrypted content of a version; null when it has none. */
export async function readSealed(db: Queryable, org: string, state: string, version: number): Promise<Buffer | null> {
  const { rows } = await db.query<{ sealed: Buffer | null }>(
    "SELECT sealed FROM terraform_state_versions WHERE org = $1 AND state = $2 AND version = $3",
    [org, state, version],
  );
  return rows[0]?.sealed ?? null;
}

export interface NewStateVersion {
  org: string;
  state: string;
  version: number;
  sealed: Buffer | null;
  bytes: number;
  serial: number | null;
  lineage: string | null;
  actor: string;
  run: string | null;
  lockId: string | null;
  restoredFrom: number | null;
  reason: string | null;
}

/** Call it with the state's row taken. */
export async function appendVersion(db: Queryable, one: NewStateVersion): Promise<StateVersionRow> {
  const { rows } = await db.query<StateVersionRow>(
    `INSERT INTO terraform_state_versions
       (org, state, version, sealed, bytes, serial, lineage, actor, run, lock_id, restored_from, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${versionColumns}`,
    [
      one.org,
      one.state,
      one.version,
      one.sealed,
      one.bytes,
      one.serial,
      one.lineage,
      one.actor,
      one.run,
      one.lockId,
      one.restoredFrom,
      one.reason,
    ],
  );
  await db.query("UPDATE terraform_states SET version = $3, updated_at = now() WHERE org = $1 AND id = $2", [
    one.org,
    one.state,
    one.version,
  ]);
  const row = rows[0];
  if (row === undefined) throw new Error(`Version ${one.version} of a state was not stored.`);
  return row;
}

export interface NewLock {
  org: string;
  state: string;
  info: LockInfo;
  run: string | null;
  attempt: string | null;
  actor: string;
}

/** True when the run has changed hands since an attempt with this fence began. */
export async function isFenced(db: Queryable, org: string, run: string, fence: number): Promise<boolean> {
  const { rowCount } = await db.query("SELECT FROM runs WHERE id = $1 AND org = $2 AND fence > $3", [run, org, fence]);
  return rowCount === 1;
}

/** Call it with the state's row taken and nobody holding it. */
export async function insertLock(db: Queryable, lock: NewLock): Promise<void> {
  await db.query(
    `WITH history AS (
       INSERT INTO terraform_state_locks (org, state, lock_id, run, attempt, actor) VALUES ($1, $2, $3, $5, $6, $7)
       ON CONFLICT (org, state, lock_id) DO UPDATE SET unlocked_at = NULL)
     UPDATE terraform_states SET lock = $4, lock_id = $3, lock_run = $5, lock_attempt = $6, locked_at = now()
      WHERE org = $1 AND id = $2`,
    [lock.org, lock.state, lock.info.ID, JSON.stringify(lock.info), lock.run, lock.attempt, lock.actor],
  );
}

/** `forced` names who took the lock away, and why. */
export async function removeLock(
  db: Queryable,
  lock: { org: string; state: string; lockId: string },
  forced: { by: string; reason: string } | null,
): Promise<void> {
  await db.query(
    `WITH history AS (
       UPDATE terraform_state_locks SET unlocked_at = now(), forced_by = $4, reason = $5
        WHERE org = $1 AND state = $2 AND lock_id = $3)
     UPDATE terraform_states SET lock = NULL, lock_id = NULL, lock_run = NULL, lock_attempt = NULL, locked_at = NULL
      WHERE org = $1 AND id = $2 AND lock_id = $3`,
    [lock.org, lock.state, lock.lockId, forced?.by ?? null, forced?.reason ?? null],
  );
}

/** Whether this lock was ever given on the state. */
export async function wasLockedBy(db: Queryable, org: string, state: string, lockId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "SELECT FROM terraform_state_locks WHERE org = $1 AND state = $2 AND lock_id = $3",
    [org, state, lockId],
  );
  return (rowCount ?? 0) > 0;
}

export interface StateListRow extends StateRow {
  project: string;
  environment: string;
  name: string;
  serial: number | null;
  lineage: string | null;
  bytes: number;
  updatedAt: Date;
}

export async function listStates(db: Queryable, org: string, id: string | null = null): Promise<StateListRow[]> {
  const { rows } = await db.query<StateListRow>(
    `SELECT ${stateColumns}, p.name AS project, s.environment, s.name, v.serial::float8 AS serial, v.lineage,
        COALESCE(v.bytes, 0) AS bytes, s.updated_at AS "updatedAt"
       FROM terraform_states s JOIN projects p ON p.id = s.project
       LEFT JOIN terraform_state_versions v ON v.org = s.org AND v.state = s.id AND v.version = s.version
      WHERE s.org = $1 AND ($2::uuid IS NULL OR s.id = $2) ORDER BY p.name, s.environment, s.name LIMIT 1000`,
    [org, id],
  );
  return rows;
}

/** Newest first. */
export async function listVersions(db: Queryable, org: string, state: string): Promise<StateVersionRow[]> {
  const { rows } = await db.query<StateVersionRow>(
    `SELECT ${versionColumns} FROM terraform_state_versions WHERE org = $1 AND state = $2
      ORDER BY version DESC LIMIT 1000`,
    [org, state],
  );
  return rows;
}

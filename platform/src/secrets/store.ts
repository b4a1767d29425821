// Secrets of organizations, projects and environments. What imports this: the API (put, list, delete) and the engine
// (resolve). Each function takes a client whose transaction is limited to the organization (store/organization.ts).
import { MINIMUM_SECRET_LENGTH } from "../lib/redact.ts";
import type { Queryable } from "../store/organization.ts";
import { secretBinding, type SecretPlace } from "./bindings.ts";
import { SecretInvalidError, SecretNotFoundError } from "./errors.ts";
import type { OrganizationKeys } from "./organization-keys.ts";

export interface SecretScope {
  org: string;
  /** Null: the organization's own. */
  project: string | null;
  /** Null: for every environment of the project. */
  environment: string | null;
}

export interface SecretMetadata extends SecretScope {
  name: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  /** Who stored the version in use. */
  actor: string;
  /** When a run last got it, to the minute; null: never. */
  lastUsedAt: Date | null;
  rotateBy: Date | null;
}

export interface SecretVersion {
  version: number;
  createdAt: Date;
  actor: string;
  current: boolean;
}

const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const maxValueBytes = 64 * 1024;

/**
 * Stores a value as the newest version of a secret; older versions stay until the secret is deleted.
 *
 * @returns the version's number, from 1.
 * @throws SecretInvalidError for a name, scope or value that can't be stored; the message never holds the value.
 */
export async function putSecret(
  deps: { tx: Queryable; keys: OrganizationKeys },
  secret: SecretScope & { name: string; value: string; actor: string; rotateBy?: string | undefined },
): Promise<number> {
  assertStorable(secret);
  // The row stays locked until commit, so two writers can't take one version number.
  const head = await deps.tx.query<SecretPlace>(
    `INSERT INTO secrets AS s (org, project, environment, name, rotate_by) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (org, name, project, environment) DO UPDATE SET former = s.version, updated_at = now(),
       version = greatest(s.version, s.newest) + 1, newest = greatest(s.version, s.newest) + 1, rotate_by = excluded.rotate_by
     RETURNING org, id, version, project, environment, name`,
    [secret.org, secret.project, secret.environment, secret.name, secret.rotateBy ?? null],
  );
  const row = head.rows[0];
  if (row === undefined) throw new SecretInvalidError(`"${secret.name}" isn't writable in this organization`);
  const envelope = await deps.keys.seal(secretBinding(row), Buffer.from(secret.value));
  await deps.tx.query(
    "INSERT INTO secret_versions (org, secret_id, version, envelope, actor) VALUES ($1, $2, $3, $4, $5)",
    [secret.org, row.id, row.version, envelope, secret.actor],
  );
  return row.version;
}

/**
 * The value in use of the nearest secret of that name: the environment's, else the project's, else the organization's.
 *
 * @throws SecretNotFoundError when there is none.
 */
export async function resolveSecret(
  { tx, keys }: { tx: Queryable; keys: OrganizationKeys },
  reference: SecretScope & { name: string },
): Promise<{ value: string; version: number }> {
  const row = await findSecretVersion(tx, reference);
  return { value: await openSecretVersion(keys, row), version: row.version };
}

/** The same, still sealed. @throws SecretNotFoundError */
export async function findSecretVersion(
  tx: Queryable,
  reference: SecretScope & { name: string },
): Promise<SecretPlace & { envelope: Buffer }> {
  const found = await tx.query<SecretPlace & { envelope: Buffer }>(
    `SELECT s.org, s.id, s.version, s.project, s.environment, s.name, v.envelope
       FROM secrets s JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id AND v.version = s.version
      WHERE s.org = $1 AND s.name = $4
        AND (s.project IS NULL OR (s.project = $2 AND (s.environment IS NULL OR s.environment = $3)))
      ORDER BY s.environment IS NULL, s.project IS NULL LIMIT 1`,
    [reference.org, reference.project, reference.environment, reference.name],
  );
  const row = found.rows[0];
  if (row === undefined) throw new SecretNotFoundError(reference.name);
  return row;
}

/** The value of one version that was read with its envelope. */
export async function openSecretVersion(
  keys: OrganizationKeys,
  row: SecretPlace & { envelope: Buffer },
): Promise<string> {
  return (await keys.open(secretBinding(row), row.envelope)).toString("utf8");
}

/** Whether there is one of that name for the environment, its project or the organization. */
export async function findSecret(tx: Queryable, reference: SecretScope & { name: string }): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT FROM secrets WHERE org = $1 AND name = $4
        AND (project IS NULL OR (project = $2 AND (environment IS NULL OR environment = $3)))`,
    [reference.org, reference.project, reference.environment, reference.name],
  );
  return (rowCount ?? 0) > 0;
}

/**
 * The newest value of the nearest secret and, for `graceMs` after that was stored, the one before it: a receiver that still
 * knows the old one goes on while both sides change over.
 *
 * @throws SecretNotFoundError when there is none.
 */
export async function resolveSecretVersions(
  deps: { tx: Queryable; keys: OrganizationKeys },
  reference: SecretScope & { name: string; graceMs: number },
): Promise<string[]> {
  const found = await deps.tx.query<SecretPlace & { envelope: Buffer }>(
    `WITH nearest AS (
       SELECT * FROM secrets s WHERE s.org = $1 AND s.name = $4
          AND (s.project IS NULL OR (s.project = $2 AND (s.environment IS NULL OR s.environment = $3)))
        ORDER BY s.environment IS NULL, s.project IS NULL LIMIT 1)
     SELECT n.org, n.id, v.version, n.project, n.environment, n.name, v.envelope
       FROM nearest n JOIN secret_versions v ON v.org = n.org AND v.secret_id = n.id
      WHERE v.version = n.version OR (v.version = n.former AND n.updated_at > now() - $5 * interval '1 millisecond')
      ORDER BY v.version = n.version DESC`,
    [reference.org, reference.project, reference.environment, reference.name, reference.graceMs],
  );
  if (found.rows.length === 0) throw new SecretNotFoundError(reference.name);
  return Promise.all(found.rows.map((row) => openSecretVersion(deps.keys, row)));
}

/** The newest values of all secrets of an organization: what must not stand in anything that leaves the platform. */
export async function secretValues(deps: { tx: Queryable; keys: OrganizationKeys }, org: string): Promise<string[]> {
  const found = await deps.tx.query<SecretPlace & { envelope: Buffer }>(
    `SELECT s.org, s.id, s.version, s.project, s.environment, s.name, v.envelope
       FROM secrets s JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id AND v.version = s.version
      WHERE s.org = $1`,
    [org],
  );
  return Promise.all(found.rows.map((row) => openSecretVersion(deps.keys, row)));
}

/** What secrets exist, by name: of one scope exactly, never their values. */
export async function listSecrets(tx: Queryable, scope: SecretScope): Promise<SecretMetadata[]> {
  const found = await tx.query<SecretMetadata>(
    `SELECT s.org, s.project, s.environment, s.name, s.version, s.created_at AS "createdAt",
            s.updated_at AS "updatedAt", v.actor, s.last_used_at AS "lastUsedAt", s.rotate_by AS "rotateBy"
       FROM secrets s JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id AND v.version = s.version
      WHERE s.org = $1 AND s.project IS NOT DISTINCT FROM $2 AND s.environment IS NOT DISTINCT FROM $3
      ORDER BY s.name`,
    [scope.org, scope.project, scope.environment],
  );
  return found.rows;
}

/** The versions of a secret, newest first, without their values; empty when there is no such secret. */
export async function listSecretVersions(
  tx: Queryable,
  secret: SecretScope & { name: string },
): Promise<SecretVersion[]> {
  const found = await tx.query<SecretVersion>(
    `SELECT v.version, v.created_at AS "createdAt", v.actor, v.version = s.version AS current
       FROM secrets s JOIN secret_versions v ON v.org = s.org AND v.secret_id = s.id
      WHERE s.org = $1 AND s.project IS NOT DISTINCT FROM $2 AND s.environment IS NOT DISTINCT FROM $3 AND s.name = $4
      ORDER BY v.version DESC`,
    [secret.org, secret.project, secret.environment, secret.name],
  );
  return found.rows;
}

/** Puts an older version back into use. @returns false when there is no such version. */
export async function restoreSecretVersion(
  tx: Queryable,
  secret: SecretScope & { name: string; version: number },
): Promise<boolean> {
  const restored = await tx.query(
    `UPDATE secrets s SET former = s.version, version = $5, updated_at = now(), rotate_by = NULL
      WHERE s.org = $1 AND s.project IS NOT DISTINCT FROM $2 AND s.environment IS NOT DISTINCT FROM $3 AND s.name = $4
        AND EXISTS (SELECT FROM secret_versions v WHERE v.org = s.org AND v.secret_id = s.id AND v.version = $5)`,
    [secret.org, secret.project, secret.environment, secret.name, secret.version],
  );
  return (restored.rowCount ?? 0) > 0;
}

/**
 * Deletes a secret with all its versions. What still refers to it fails with `secret_not_found` when it runs.
 *
 * @returns whether there was one.
 */
export async function deleteSecret(tx: Queryable, secret: SecretScope & { name: string }): Promise<boolean> {
  const deleted = await tx.query(
    `WITH gone AS (
       DELETE FROM secrets WHERE org = $1 AND name = $4
          AND project IS NOT DISTINCT FROM $2 AND environment IS NOT DISTINCT FROM $3 RETURNING org, id),
     versions AS (
       DELETE FROM secret_versions v USING gone WHERE v.org = gone.org AND v.secret_id = gone.id)
     SELECT FROM gone`,
    [secret.org, secret.project, secret.environment, secret.name],
  );
  return (deleted.rowCount ?? 0) > 0;
}

function assertStorable(secret: SecretScope & { name: string; value: string }): void {
  if (!namePattern.test(secret.name)) {
    throw new SecretInvalidError(
      "its name must start with a letter and hold only letters, digits, _ . - (128 at most)",
    );
  }
  if (secret.environment !== null && secret.project === null) {
    throw new SecretInvalidError("a secret of an environment needs that environment's project");
  }
  if (secret.value === "") throw new SecretInvalidError(`the value of "${secret.name}" is empty`);
  if (Buffer.byteLength(secret.value) < MINIMUM_SECRET_LENGTH) {
    throw new SecretInvalidError(
      `the value of "${secret.name}" is shorter than ${MINIMUM_SECRET_LENGTH} bytes, which can't be hidden in what tools print`,
    );
  }
  if (!secret.value.isWellFormed()) throw new SecretInvalidError(`the value of "${secret.name}" isn't valid Unicode`);
  if (Buffer.byteLength(secret.value) > maxValueBytes) {
    throw new SecretInvalidError(`the value of "${secret.name}" is longer than 64 KiB`);
  }
}

import type { Queryable } from "../store/organization.ts";

/** Queries on schema `auth`, of role gantry_auth. What better-auth writes stands in its own code. */

/** False: the code was used before. */
export async function claimCode(db: Queryable, person: string, code: string): Promise<boolean> {
  await db.query("DELETE FROM auth.used_codes WHERE person = $1 AND used_at < now() - interval '5 minutes'", [person]);
  const { rowCount } = await db.query(
    "INSERT INTO auth.used_codes (person, code) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [person, code.slice(0, 20)],
  );
  return rowCount === 1;
}

/** The session's person has just proved a second factor. */
export async function noteSecondFactor(db: Queryable, session: string): Promise<void> {
  await db.query(`UPDATE auth.session SET "mfaAt" = now() WHERE id = $1`, [session]);
}

export interface SessionRow {
  id: string;
  name: string | null;
  userAgent: string | null;
  address: string | null;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  mfaAt: Date | null;
}

const columns = `id, name, "userAgent", "ipAddress" AS address, "createdAt", "lastSeenAt", "expiresAt", "mfaAt"`;

/** Those that still hold, the last used first. */
export async function listSessions(db: Queryable, person: string, idleSeconds: number): Promise<SessionRow[]> {
  const { rows } = await db.query<SessionRow>(
    `SELECT ${columns} FROM auth.session
      WHERE "userId" = $1 AND "expiresAt" > now() AND "lastSeenAt" > now() - make_interval(secs => $2)
      ORDER BY "lastSeenAt" DESC, id DESC LIMIT 1000`,
    [person, idleSeconds],
  );
  return rows;
}

/** Null: the person has no such session. */
export async function renameSession(
  db: Queryable,
  { person, session, name }: { person: string; session: string; name: string },
): Promise<SessionRow | null> {
  const { rows } = await db.query<SessionRow>(
    `UPDATE auth.session SET name = $3 WHERE "userId" = $1 AND id = $2 RETURNING ${columns}`,
    [person, session, name],
  );
  return rows[0] ?? null;
}

export async function deleteSession(db: Queryable, person: string, session: string): Promise<boolean> {
  const { rowCount } = await db.query(`DELETE FROM auth.session WHERE "userId" = $1 AND id = $2`, [person, session]);
  return rowCount === 1;
}

/** How many there were. `except` stays. */
export async function deleteOtherSessions(db: Queryable, person: string, except: string | null): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM auth.session WHERE "userId" = $1 AND ($2::uuid IS NULL OR id <> $2)`,
    [person, except],
  );
  return rowCount ?? 0;
}

export interface PersonRow {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  twoFactorEnabled: boolean;
}

export async function findPerson(db: Queryable, by: { id: string } | { email: string }): Promise<PersonRow | null> {
  const [column, value] = "id" in by ? ["id", by.id] : ["email", by.email.toLowerCase()];
  const { rows } = await db.query<PersonRow>(
    `SELECT id, name, email, "emailVerified", "twoFactorEnabled" FROM auth."user" WHERE ${column} = $1`,
    [value],
  );
  return rows[0] ?? null;
}

/** An authenticator app, once it was tried out, and how many passkeys. */
export async function secondFactorsOf(db: Queryable, person: string): Promise<{ totp: boolean; passkeys: number }> {
  const { rows } = await db.query<{ totp: boolean; passkeys: number }>(
    `SELECT EXISTS (SELECT FROM auth."twoFactor" WHERE "userId" = $1 AND verified) AS totp,
       (SELECT count(*) FROM auth.passkey WHERE "userId" = $1)::int AS passkeys`,
    [person],
  );
  return rows[0] ?? { totp: false, passkeys: 0 };
}

/** Put out of the installation. */
export async function isDisabled(db: Queryable, person: string): Promise<boolean> {
  const { rowCount } = await db.query(`SELECT FROM auth."user" WHERE id = $1 AND "disabledAt" IS NOT NULL`, [person]);
  return rowCount === 1;
}

export interface PasskeyRow {
  id: string;
  name: string | null;
  createdAt: Date;
}

export async function listPasskeys(db: Queryable, person: string): Promise<PasskeyRow[]> {
  const { rows } = await db.query<PasskeyRow>(
    `SELECT id, name, "createdAt" FROM auth.passkey WHERE "userId" = $1 ORDER BY "createdAt", id`,
    [person],
  );
  return rows;
}

export interface PasskeySecrets {
  id: string;
  credential: string;
  publicKey: string;
  counter: number;
}

/** What their answers are checked with. */
export async function readPasskeys(db: Queryable, person: string): Promise<PasskeySecrets[]> {
  const { rows } = await db.query<PasskeySecrets>(
    `SELECT id, "credentialID" AS credential, "publicKey", counter::float8 AS counter FROM auth.passkey
      WHERE "userId" = $1 ORDER BY "createdAt", id`,
    [person],
  );
  return rows;
}

/** False: it was used at the same moment. */
export async function countPasskeyUse(
  db: Queryable,
  { id, counter }: Pick<PasskeySecrets, "id" | "counter">,
  next: number,
): Promise<boolean> {
  const { rowCount } = await db.query("UPDATE auth.passkey SET counter = $3 WHERE id = $1 AND counter = $2", [
    id,
    counter,
    next,
  ]);
  return rowCount === 1;
}

/** The one that the person's last sign-in at the provider brought. */
export async function findIdToken(db: Queryable, person: string, provider: string): Promise<string | null> {
  const { rows } = await db.query<{ token: string | null }>(
    `SELECT "idToken" AS token FROM auth.account WHERE "userId" = $1 AND "providerId" = $2 ORDER BY "updatedAt" DESC LIMIT 1`,
    [person, provider],
  );
  return rows[0]?.token ?? null;
}

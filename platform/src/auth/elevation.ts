import type { Queryable } from "../store/organization.ts";

/** Short enough to forget about, long enough for what one came for. It doesn't slide. */
export const elevationMinutes = 15;
const questionMinutes = 2;

/** A session whose person administers the installation. */
const administrators = `EXISTS (SELECT FROM auth."user" u WHERE u.id = s."userId" AND u."administersSince" IS NOT NULL)`;

/** What the passkey is asked; the question before it is void. */
export async function askForElevation(db: Queryable, session: string, nonce: Uint8Array): Promise<void> {
  await db.query(`UPDATE auth.session SET "elevationNonce" = $2, "elevationAskedAt" = now() WHERE id = $1`, [
    session,
    nonce,
  ]);
}

/** Takes the question away, so that it is answered once, rightly or not. Null: there is none, or it is too old. */
export async function takeQuestion(db: Queryable, session: string): Promise<Uint8Array | null> {
  const { rows } = await db.query<{ nonce: Buffer | null }>(
    `WITH asked AS (SELECT id, "elevationNonce" AS nonce, "elevationAskedAt" AS at FROM auth.session WHERE id = $1 FOR UPDATE)
     UPDATE auth.session s SET "elevationNonce" = NULL, "elevationAskedAt" = NULL FROM asked
      WHERE s.id = asked.id AND asked.at > now() - make_interval(mins => ${questionMinutes}) RETURNING asked.nonce`,
    [session],
  );
  return rows[0]?.nonce ?? null;
}

/** Null: the session has ended, or its person administers nothing. */
export async function elevate(db: Queryable, session: string): Promise<Date | null> {
  const { rows } = await db.query<{ until: Date }>(
    `UPDATE auth.session s SET "elevatedUntil" = now() + make_interval(mins => ${elevationMinutes}), "mfaAt" = now()
      WHERE s.id = $1 AND ${administrators} RETURNING s."elevatedUntil" AS until`,
    [session],
  );
  return rows[0]?.until ?? null;
}

export async function endElevation(db: Queryable, session: string): Promise<void> {
  await db.query(`UPDATE auth.session SET "elevatedUntil" = NULL, "elevationNonce" = NULL WHERE id = $1`, [session]);
}

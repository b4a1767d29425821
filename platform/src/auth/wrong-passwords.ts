import { createHash } from "node:crypto";
import type { Queryable } from "../store/organization.ts";

/** Wrong passwords in a row that cost nothing; each further one doubles the wait. */
const free = 5;
const firstWaitSeconds = 15;
const longestWaitSeconds = 900;
/** After so long without another one they are forgotten. */
const forgottenAfterHours = 24;

/** What is counted is the address that was tried, known here or not: so nothing tells which are. */
function accountOf(email: string): Buffer {
  return createHash("sha256").update(email.trim().toLowerCase()).digest();
}

/** Seconds until a password for this address is looked at again; 0: now. For all processes, by the database's clock. */
export async function waitOf(db: Queryable, email: string): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(
    `SELECT GREATEST(0, ceil(EXTRACT(epoch FROM locked_until - clock_timestamp())))::float8 AS seconds
      FROM auth.sign_in_failures WHERE account = $1 AND locked_until IS NOT NULL`,
    [accountOf(email)],
  );
  return rows[0]?.seconds ?? 0;
}

/** @returns whether its owner is to be told: once a day, when it begins to be locked. */
export async function noteWrongPassword(db: Queryable, email: string): Promise<{ failures: number; tell: boolean }> {
  await db.query("DELETE FROM auth.sign_in_failures WHERE last_at < now() - make_interval(hours => $1)", [
    forgottenAfterHours,
  ]);
  const { rows } = await db.query<{ failures: number; tell: boolean }>(
    `INSERT INTO auth.sign_in_failures AS f (account, failures) VALUES ($1, 1)
     ON CONFLICT (account) DO UPDATE SET failures = f.failures + 1, last_at = now(),
       locked_until = CASE WHEN f.failures + 1 > $2
         THEN clock_timestamp() + make_interval(secs => LEAST($4, $3 * power(2, LEAST(f.failures - $2, 20)))) END,
       told_at = CASE WHEN f.failures + 1 > $2 AND f.told_at IS NULL THEN now() ELSE f.told_at END
     RETURNING failures, told_at = now() AS tell`,
    [accountOf(email), free, firstWaitSeconds, longestWaitSeconds],
  );
  return { failures: rows[0]?.failures ?? 0, tell: rows[0]?.tell === true };
}

/** It was theirs after all, or has a new password. */
export async function forgetWrongPasswords(db: Queryable, email: string): Promise<void> {
  await db.query("DELETE FROM auth.sign_in_failures WHERE account = $1", [accountOf(email)]);
}

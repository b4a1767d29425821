import type { Pool } from "pg";
import { claimCode } from "./store.ts";

/** What a person shows to prove a second factor. */
export interface SecondFactorInput {
  /** Six digits of their authenticator app. */
  totp: string;
}

interface Row {
  id: string;
  secret: string;
  locked: boolean;
}

const maximumFailures = 10;
const lockedMinutes = 15;

/**
 * Proof of a second factor outside a sign-in, for instance for a decision. The same app, codes and lock as at sign-in: a code
 * counts once wherever it is used, and too many wrong ones lock both.
 */
export function createSecondFactor({
  pool,
  secret,
  now,
}: {
  pool: Pool;
  secret: string;
  now(): number;
}): (person: string, input: SecondFactorInput) => Promise<boolean> {
  return async (person, { totp }) => {
    const { rows } = await pool.query<Row>(
      `SELECT id, secret, COALESCE("lockedUntil" > now(), false) AS locked FROM auth."twoFactor"
        WHERE "userId" = $1 AND verified`,
      [person],
    );
    const row = rows[0];
    if (row === undefined || row.locked || !/^\d{6}$/.test(totp)) return false;
    // Loaded with the first who proves anything.
    const [{ symmetricDecrypt }, { createOTP }] = await Promise.all([
      import("better-auth/crypto"),
      import("@better-auth/utils/otp"),
    ]);
    const shared = await symmetricDecrypt({
      key: { keys: new Map([[1, secret]]), currentVersion: 1 },
      data: row.secret,
    });
    const fits = await createOTP(shared, { period: 30, digits: 6 }).verify(totp);
    if (fits && (await claimCode(pool, person, totp))) {
      await pool.query(
        `UPDATE auth."twoFactor" SET "failedVerificationCount" = 0, "lockedUntil" = NULL WHERE id = $1`,
        [row.id],
      );
      return true;
    }
    await pool.query(
      `UPDATE auth."twoFactor" SET "failedVerificationCount" = "failedVerificationCount" + 1,
         "lockedUntil" = CASE WHEN "failedVerificationCount" + 1 >= $2 THEN to_timestamp($3) ELSE "lockedUntil" END
       WHERE id = $1`,
      [row.id, maximumFailures, now() / 1_000 + lockedMinutes * 60],
    );
    return false;
  };
}

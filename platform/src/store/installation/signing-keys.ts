import type { Queryable } from "../queryable.ts";

/** A key of the installation as it is stored. */
export interface SigningKeyRow {
  kid: string;
  ordinal: number;
  /** Public JWK. */
  public: { kty: string; crv: string; x: string };
  /** PKCS #8 under the platform key; null once a newer key signs. */
  sealed: Buffer | null;
  endorsement: Buffer;
  createdAt: Date;
  retiresAt: Date | null;
}

/** Nothing else takes it: keys are added one after the other. */
const advisoryLock = 7_203_925;

/** All keys ever, oldest first. */
export async function readSigningKeys(db: Queryable): Promise<SigningKeyRow[]> {
  const { rows } = await db.query<SigningKeyRow>(
    `SELECT kid, ordinal, public, sealed, endorsement, created_at AS "createdAt", retires_at AS "retiresAt"
       FROM signing_keys ORDER BY ordinal`,
  );
  return rows;
}

/** Until the end of the transaction nobody else adds a key. */
export async function lockSigningKeys(tx: Queryable): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock($1)", [advisoryLock]);
}

export async function insertSigningKey(
  tx: Queryable,
  key: Omit<SigningKeyRow, "ordinal" | "createdAt" | "retiresAt">,
): Promise<void> {
  await tx.query(
    `INSERT INTO signing_keys (kid, ordinal, public, sealed, endorsement)
     SELECT $1, 1 + COALESCE(max(ordinal), 0), $2, $3, $4 FROM signing_keys`,
    [key.kid, JSON.stringify(key.public), key.sealed, key.endorsement],
  );
}

/** The keys before the last one sign no more: their private halves are forgotten, and at a time they aren't believed any more. */
export async function retireSigningKeys(tx: Queryable, at: Date): Promise<void> {
  await tx.query(
    `UPDATE signing_keys SET retires_at = COALESCE(retires_at, $1), sealed = NULL
      WHERE ordinal < (SELECT max(ordinal) FROM signing_keys) AND sealed IS NOT NULL`,
    [at],
  );
}

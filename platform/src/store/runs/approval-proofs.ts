import type { Queryable } from "../queryable.ts";

/** What a proof is bound to; for anything else it is worth nothing. */
export interface ProofBinding {
  id: string;
  run: string;
  hash: string;
  decision: "approve" | "reject";
  actor: string;
  person: string;
  /** Kind and id of what the caller is signed in with. */
  credential: string;
}

/** `nonce`: a passkey is asked, with a challenge that it is part of. */
export interface NewProof extends ProofBinding {
  org: string;
  lifeMs: number;
  nonce: Buffer | null;
}

/**
 * Keeps that a second factor was given, or asked for, and forgets those that were never used, or whose runs are gone.
 * @returns until when it can be used.
 */
export async function insertProof(db: Queryable, one: NewProof): Promise<Date> {
  await db.query(
    `DELETE FROM approval_proofs p WHERE p.org = $1 AND p.expires_at < now() - interval '1 day'
       AND (p.consumed_by IS NULL OR NOT EXISTS (SELECT FROM runs r WHERE r.id = p.run_id))`,
    [one.org],
  );
  const { rows } = await db.query<{ expiresAt: Date }>(
    `INSERT INTO approval_proofs (org, id, run_id, hash, decision, actor, person, credential, method, nonce, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $10::bytea IS NULL THEN 'totp' ELSE 'passkey' END, $10,
       now() + $9 * interval '1 millisecond')
     RETURNING expires_at AS "expiresAt"`,
    [one.org, one.id, one.run, one.hash, one.decision, one.actor, one.person, one.credential, one.lifeMs, one.nonce],
  );
  return rows[0]?.expiresAt ?? new Date(0);
}

/** Uses it up for the command. The same command may ask twice: its transaction may have been tried before. */
export async function consumeProof(db: Queryable, one: ProofBinding & { message: string }): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE approval_proofs SET consumed_by = $8 WHERE id = $1 AND run_id = $2 AND hash = $3 AND decision = $4 AND actor = $5
       AND person = $6 AND credential = $7 AND (nonce IS NULL OR answered_at IS NOT NULL) AND (consumed_by = $8 OR (consumed_by IS NULL AND expires_at > now()))`,
    [one.id, one.run, one.hash, one.decision, one.actor, one.person, one.credential, one.message],
  );
  return rowCount === 1;
}

export interface ProofRow extends ProofBinding {
  method: "totp" | "passkey";
  nonce: Buffer | null;
  proved: boolean;
  expiresAt: Date;
  /** Neither used nor too old. */
  open: boolean;
}

/** Of the person's own. */
export async function findProof(
  db: Queryable,
  { id, run, person }: Pick<ProofBinding, "id" | "run" | "person">,
): Promise<ProofRow | null> {
  const { rows } = await db.query<ProofRow>(
    `SELECT id, run_id AS run, hash, decision, actor, person, credential, method, nonce, expires_at AS "expiresAt",
        nonce IS NULL OR answered_at IS NOT NULL AS proved, consumed_by IS NULL AND expires_at > now() AS open
      FROM approval_proofs WHERE id = $1 AND run_id = $2 AND person = $3`,
    [id, run, person],
  );
  return rows[0] ?? null;
}

/** Once. @returns until when it can be used; null: it was answered meanwhile, or is too old. */
export async function noteAnswer(db: Queryable, id: string, lifeMs: number): Promise<Date | null> {
  const { rows } = await db.query<{ expiresAt: Date }>(
    `UPDATE approval_proofs SET answered_at = now(), expires_at = now() + $2 * interval '1 millisecond'
      WHERE id = $1 AND nonce IS NOT NULL AND answered_at IS NULL AND consumed_by IS NULL AND expires_at > now()
      RETURNING expires_at AS "expiresAt"`,
    [id, lifeMs],
  );
  return rows[0]?.expiresAt ?? null;
}

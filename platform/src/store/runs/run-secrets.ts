import type { Queryable } from "../queryable.ts";

/** Which version a run was given, and when the secret was last used, to the minute. */
export async function noteSecretUse(
  db: Queryable,
  { org, run, secret, version }: { org: string; run: string; secret: string; version: number },
): Promise<void> {
  await db.query({
    name: "note-secret-use",
    text: `WITH used AS (
        UPDATE secrets SET last_used_at = now()
         WHERE org = $1 AND id = $3 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))
      INSERT INTO run_secrets (org, run_id, secret_id, version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    values: [org, run, secret, version],
  });
}

export interface GivenSecret {
  org: string;
  id: string;
  version: number;
  project: string | null;
  environment: string | null;
  name: string;
  envelope: Buffer;
}

/** What a run was given, still sealed; secrets that were deleted since aren't among it. */
export async function secretsOfRun(db: Queryable, run: string): Promise<GivenSecret[]> {
  const { rows } = await db.query<GivenSecret>(
    `SELECT s.org, s.id, v.version, s.project, s.environment, s.name, v.envelope
       FROM run_secrets g JOIN secrets s ON s.org = g.org AND s.id = g.secret_id
       JOIN secret_versions v ON v.org = g.org AND v.secret_id = g.secret_id AND v.version = g.version
      WHERE g.run_id = $1`,
    [run],
  );
  return rows;
}

/** Of runs that were purged. */
export async function forgetSecretsOfPurgedRuns(db: Queryable): Promise<void> {
  await db.query("DELETE FROM run_secrets g WHERE NOT EXISTS (SELECT FROM runs r WHERE r.id = g.run_id)");
}

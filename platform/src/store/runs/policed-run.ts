import type { Queryable } from "../organization.ts";

interface PolicedRun {
  org: string;
  project: string;
  environment: string;
  protection: "open" | "guarded" | "strict";
  basis: string;
}

/** What policy is told of the place of a run, as it is now; null where there is no such run any more. */
export async function findPoliced(db: Queryable, run: string): Promise<PolicedRun | null> {
  const { rows } = await db.query<PolicedRun>({
    name: "policed-run",
    text: `SELECT r.org, r.project, r.environment, coalesce(e.protection, 'strict') AS protection,
        policy_basis(r.org, r.actor, r.project, r.environment) AS basis
      FROM runs r LEFT JOIN environments e ON e.org = r.org AND e.project = r.project AND e.name = r.environment
      WHERE r.id = $1`,
    values: [run],
  });
  return rows[0] ?? null;
}

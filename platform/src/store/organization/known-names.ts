import type { Queryable } from "../organization.ts";

/** Runs that are looked at for names, the newest first. */
const runsRead = 500;
const namesPerParameter = 200;

/**
 * What things of a project are called, by the parameter that took the name: from its newest runs and its Terraform states. Of the
 * transaction's organization and of nobody else's.
 */
export async function knownNames(db: Queryable, org: string, project: string): Promise<Record<string, string[]>> {
  const { rows } = await db.query<{ parameter: string; name: string }>(
    `WITH recent AS (
       SELECT DISTINCT plan_digest FROM (
         SELECT plan_digest FROM runs WHERE org = $1 AND project = $2 AND runbook IS NOT NULL
         ORDER BY created_at DESC LIMIT $3) newest)
     SELECT DISTINCT parameter, name FROM (
       SELECT value.key AS parameter, value.value #>> '{}' AS name
         FROM recent JOIN plans p ON p.org = $1 AND p.digest = recent.plan_digest
         CROSS JOIN LATERAL json_each(p.plan -> 'parameters') value
         WHERE json_typeof(value.value) = 'string' AND length(value.value #>> '{}') BETWEEN 2 AND 100
       UNION
       SELECT 'state', name FROM terraform_states WHERE org = $1 AND project = $2) named
     WHERE name ~ '^[A-Za-z][A-Za-z0-9._-]*$'
     ORDER BY parameter, name`,
    [org, project, runsRead],
  );
  const names: Record<string, string[]> = {};
  for (const { parameter, name } of rows) {
    const known = (names[parameter] ??= []);
    if (known.length < namesPerParameter) known.push(name);
  }
  return names;
}

import type { PolicyPlace } from "./policies.ts";
import type { Queryable } from "../queryable.ts";

/** What an organization calls the things that policies speak of. */
export interface PolicyNames {
  groups: string[];
  projects: string[];
  environments: { project: string; name: string }[];
}

/** All groups and teams; projects and environments at the place and below. */
export async function policyNames(db: Queryable, { org, project, environment }: PolicyPlace): Promise<PolicyNames> {
  const { rows } = await db.query<PolicyNames>(
    `SELECT ARRAY(SELECT unnest(groups) FROM actors WHERE org = $1 AND disabled_at IS NULL
                  UNION SELECT name FROM teams WHERE org = $1) AS groups,
       ARRAY(SELECT name FROM projects WHERE org = $1 AND ($2::uuid IS NULL OR id = $2)) AS projects,
       (SELECT coalesce(json_agg(json_build_object('project', p.name, 'name', e.name)), '[]')
          FROM environments e JOIN projects p ON p.id = e.project
         WHERE e.org = $1 AND ($2::uuid IS NULL OR e.project = $2) AND ($3::text IS NULL OR e.name = $3)) AS environments`,
    [org, project, environment],
  );
  return rows[0] ?? { groups: [], projects: [], environments: [] };
}

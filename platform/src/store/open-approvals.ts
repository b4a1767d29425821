import type { ChangeSet, Digest } from "@gantry/sdk";
import type { Queryable } from "./organization.ts";

export interface OpenApprovalRow {
  run: string;
  hash: Digest;
  project: string;
  environment: string;
  goal: string;
  requester: { id: string; name: string };
  createdAt: Date;
  /** The same to the microsecond, for the next page. */
  at: string;
  expiresAt: Date | null;
  needed: { group: string; count: number }[];
  given: { group: string; actor: { id: string; name: string } }[];
  changeSet: ChangeSet;
}

/** Change sets of the organization that wait for people, oldest first, behind a position. Their journals are read run by run. */
export async function listOpenApprovals(
  db: Queryable,
  org: string,
  after: { at: string; run: string } | null,
  limit: number,
): Promise<OpenApprovalRow[]> {
  const { rows } = await db.query<OpenApprovalRow>(
    `SELECT c.run_id AS run, c.hash, p.name AS project, r.environment, r.goal,
        json_build_object('id', r.actor, 'name', r.actor_name) AS requester,
        c.created_at AS "createdAt", c.created_at::text AS at, c.expires_at AS "expiresAt", c.approvals AS needed,
        COALESCE((SELECT json_agg(json_build_object('group', a."group", 'actor', json_build_object('id', a.actor, 'name', who.name))
                    ORDER BY a.at)
                    FROM approvals a JOIN actors who ON who.id = a.actor
                   WHERE a.run_id = c.run_id AND a.hash = c.hash), '[]'::json) AS given,
        e.data -> 'changeSet' AS "changeSet"
      FROM change_sets c JOIN runs r ON r.id = c.run_id JOIN projects p ON p.id = r.project
      CROSS JOIN LATERAL (SELECT data FROM events WHERE run_id = c.run_id AND type = 'change_set.created'
        AND data ->> 'hash' = c.hash OFFSET 0) e
     WHERE c.org = $1 AND c.status = 'open'
       AND ($2::timestamptz IS NULL OR (c.created_at, c.run_id) > ($2::timestamptz, $3::uuid))
     ORDER BY c.created_at, c.run_id LIMIT $4`,
    [org, after?.at ?? null, after?.run ?? null, limit],
  );
  return rows;
}

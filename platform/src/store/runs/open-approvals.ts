import type { ChangeSet, Digest } from "@gantry/sdk";
import { wantsProof } from "./approval-settings.ts";
import type { Queryable } from "../organization.ts";

interface Named {
  id: string;
  name: string;
}

export interface OpenApprovalRow {
  run: string;
  hash: Digest;
  project: string;
  environment: string;
  goal: string;
  requester: Named;
  createdAt: Date;
  /** The same to the microsecond, for the next page. */
  at: string;
  expiresAt: Date | null;
  needed: { group: string; count: number }[];
  given: { group: string; actor: Named; onBehalfOf: Named | null; people: string[] }[];
  comments: { actor: Named; text: string; at: string }[];
  needsProof: boolean;
  shared: boolean;
  /** Humans with a hand in it. */
  parties: string[];
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
        COALESCE((SELECT json_agg(json_build_object('group', a."group", 'actor', json_build_object('id', a.actor, 'name', who.name),
                      'onBehalfOf', CASE WHEN h.id IS NOT NULL THEN json_build_object('id', h.id, 'name', h.name) END,
                      'people', ARRAY[human_of(who), COALESCE(human_of(h), human_of(who))])
                    ORDER BY a.at)
                    FROM approvals a JOIN actors who ON who.id = a.actor
                    LEFT JOIN approval_delegations d ON d.id = a.delegation LEFT JOIN actors h ON h.id = d.delegator
                   WHERE a.run_id = c.run_id AND a.hash = c.hash), '[]'::json) AS given,
        COALESCE((SELECT json_agg(one ORDER BY one ->> 'at') FROM (
          SELECT json_build_object('actor', json_build_object('id', s.actor ->> 'id', 'name', s.actor ->> 'name'),
              'text', s.data ->> 'text', 'at', to_char(to_timestamp(s.at / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS one
            FROM events s WHERE s.run_id = c.run_id AND s.type = 'change_set.commented' AND s.data ->> 'hash' = c.hash
           ORDER BY s.seq DESC LIMIT 20) newest), '[]'::json) AS comments,
        ${wantsProof} AS "needsProof", c.shared,
        ARRAY(SELECT human_of(q) FROM actors q WHERE q.org = c.org AND q.id = ANY (c.parties)) AS parties,
        s.data -> 'changeSet' AS "changeSet"
      FROM change_sets c JOIN runs r ON r.id = c.run_id JOIN projects p ON p.id = r.project
      LEFT JOIN organizations o ON o.org = r.org
      LEFT JOIN environments e ON e.org = r.org AND e.project = r.project AND e.name = r.environment
      CROSS JOIN LATERAL (SELECT data FROM events WHERE run_id = c.run_id AND type = 'change_set.created'
        AND data ->> 'hash' = c.hash OFFSET 0) s
     WHERE c.org = $1 AND c.status = 'open'
       AND ($2::timestamptz IS NULL OR (c.created_at, c.run_id) > ($2::timestamptz, $3::uuid))
     ORDER BY c.created_at, c.run_id LIMIT $4`,
    [org, after?.at ?? null, after?.run ?? null, limit],
  );
  return rows;
}

import type { Approver } from "@gantry/sdk/core";
import { wantsProof } from "./approval-settings.ts";
import type { Queryable } from "../queryable.ts";

/** Somebody's decision about a change set. `message`: the command that it came in, once it did. */
export interface DecisionAsked {
  run: string;
  hash: string;
  actor: string;
  decision: "approve" | "reject";
  message: string | null;
}

/**
 * What the database says of those who decide, in the order of what was asked: the API asks before it passes a decision on, the
 * run's owner when it takes it. Null: no such actor, or a disabled one.
 */
export async function readApprovers(db: Queryable, asked: readonly DecisionAsked[]): Promise<(Approver | null)[]> {
  const { rows } = await db.query<Approver & { n: number }>({
    name: "approvers",
    text: `SELECT t.n::int AS n, human_of(a) AS person,
        -- Who stands in by break-glass is as good as in each group that is asked.
        a.groups || a.team_names || CASE WHEN stands_in(a.id, r.project, r.environment)
          THEN ARRAY(SELECT one ->> 'group' FROM json_array_elements(c.approvals) one) ELSE '{}' END AS groups,
        human_of(a) = ANY (p.humans) AS party,
        ${wantsProof} AS "needsProof",
        COALESCE((SELECT json_agg(json_build_object('id', d.id, 'group', d."group", 'person', human_of(h),
              'party', human_of(h) = ANY (p.humans), 'from', json_build_object('kind', h.kind, 'id', h.id, 'name', h.name))
              ORDER BY d.created_at, d.id)
            FROM approval_delegations d JOIN actors h ON h.id = d.delegator AND h.org = d.org
           WHERE d.org = r.org AND d.delegate = a.id AND d.revoked_at IS NULL AND d.until > clock_timestamp()
             AND h.disabled_at IS NULL AND d."group" = ANY (h.groups || h.team_names)), '[]') AS delegations,
        (SELECT json_build_object('id', f.id, 'method', f.method) FROM approval_proofs f
          WHERE f.consumed_by = t.message AND f.org = r.org AND f.run_id = t.run AND f.hash = t.hash AND f.decision = t.decision
            AND f.actor = a.id AND f.person = human_of(a)) AS proof
      FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[]) WITH ORDINALITY
        AS t (run, hash, actor, decision, message, n)
      JOIN runs r ON r.id = t.run
      JOIN actors a ON a.id = t.actor AND a.org = r.org AND a.disabled_at IS NULL
      LEFT JOIN change_sets c ON c.run_id = t.run AND c.hash = t.hash
      LEFT JOIN organizations o ON o.org = r.org
      LEFT JOIN environments e ON e.org = r.org AND e.project = r.project AND e.name = r.environment
      CROSS JOIN LATERAL (SELECT ARRAY(SELECT human_of(q) FROM actors q WHERE q.org = r.org AND q.id = ANY (c.parties)) AS humans) p`,
    values: [
      asked.map(({ run }) => run),
      asked.map(({ hash }) => hash),
      asked.map(({ actor }) => actor),
      asked.map(({ decision }) => decision),
      asked.map(({ message }) => message),
    ],
  });
  const found = new Map(rows.map(({ n, ...approver }) => [n, approver]));
  return asked.map((_, index) => found.get(index + 1) ?? null);
}

/** How many people of the organization are in a group, or a team of that name. */
export async function countGroup(db: Queryable, org: string, group: string): Promise<number> {
  const { rows } = await db.query<{ people: number }>(
    `SELECT count(DISTINCT human_of(a))::int AS people FROM actors a
      WHERE a.org = $1 AND a.disabled_at IS NULL AND $2 = ANY (a.groups || a.team_names)`,
    [org, group],
  );
  return rows[0]?.people ?? 0;
}

/** What somebody could approve by, whatever it is: their own groups, and rights that were lent to them and hold now. */
export async function readRights(
  db: Queryable,
  actor: string,
): Promise<Pick<Approver, "person" | "groups"> & { delegations: { group: string; person: string }[] }> {
  const { rows } = await db.query<Awaited<ReturnType<typeof readRights>>>(
    `SELECT human_of(a) AS person, a.groups || a.team_names AS groups,
        COALESCE((SELECT json_agg(json_build_object('group', d."group", 'person', human_of(h)))
            FROM approval_delegations d JOIN actors h ON h.id = d.delegator AND h.org = d.org
           WHERE d.org = a.org AND d.delegate = a.id AND d.revoked_at IS NULL AND d.until > clock_timestamp()
             AND h.disabled_at IS NULL AND d."group" = ANY (h.groups || h.team_names)), '[]') AS delegations
      FROM actors a WHERE a.id = $1`,
    [actor],
  );
  return rows[0] ?? { person: actor, groups: [], delegations: [] };
}

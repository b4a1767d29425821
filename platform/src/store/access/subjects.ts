import type { Queryable } from "../queryable.ts";

/** An actor as policies see it: groups with the names of teams, and the roles that hold now. */
export interface SubjectRow {
  id: string;
  kind: "user" | "service";
  name: string;
  groups: string[];
  roles: { role: string; project: string | null; environment: string | null }[];
}

export async function findSubject(db: Queryable, actor: string): Promise<SubjectRow | null> {
  const { rows } = await db.query<SubjectRow>(
    `SELECT a.id, a.kind, a.name, a.groups || a.team_names AS groups,
       (SELECT coalesce(json_agg(json_build_object('role', b.role, 'project', b.project, 'environment', b.environment)), '[]')
          FROM role_bindings b
         WHERE (b.actor = a.id OR b.team IN (SELECT m.team FROM team_members m WHERE m.actor = a.id))
           AND (b.expires_at IS NULL OR b.expires_at > now())) AS roles
     FROM actors a WHERE a.id = $1`,
    [actor],
  );
  return rows[0] ?? null;
}

export interface PolicyEvent {
  type: string;
  at: number;
  data: Record<string, unknown>;
}

/** What a run's history says of policy, in order. */
export async function policyEvents(db: Queryable, run: string): Promise<PolicyEvent[]> {
  const { rows } = await db.query<PolicyEvent>(
    `SELECT type, at::float8 AS at, data FROM events WHERE run_id = $1
       AND type IN ('run.started', 'change_set.created', 'change_set.voided', 'run.finished') ORDER BY seq`,
    [run],
  );
  return rows;
}

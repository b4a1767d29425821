import type { Queryable } from "../queryable.ts";

/** What decisions about an actor follow from, without a credential. */
export interface ActorFacts {
  org: string;
  actor: { kind: "user" | "service"; id: string; name: string };
  groups: string[];
  roles: { role: string; project: string | null; environment: string | null; breakGlass?: string }[];
  accessVersion: string;
}

/** Null: there is no such actor, or it is disabled. */
export async function readActorFacts(db: Queryable, actor: string): Promise<ActorFacts | null> {
  const { rows } = await db.query<ActorFacts>({
    name: "actor-facts",
    text: `SELECT org, json_build_object('kind', actor_kind, 'id', actor, 'name', actor_name) AS actor, actor_groups AS groups, roles,
        access_version::text AS "accessVersion" FROM actor_facts($1)`,
    values: [actor],
  });
  return rows[0] ?? null;
}

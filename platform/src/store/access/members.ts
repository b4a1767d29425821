import type { Queryable } from "../organization.ts";
import { assertRoom } from "../control/quotas.ts";
import { bindRoles } from "./service-accounts.ts";

export interface Membership {
  org: string;
  person: string;
  /** For a new actor; the address where the name is taken. */
  name: string;
  email: string;
  roles: readonly string[];
  groups: readonly string[];
  /** Ids; those that are gone meanwhile are passed over. */
  teams: readonly string[];
  grantedBy: string | null;
}

/** Makes the person's actor in the organization, or finds it, and gives it what the membership says. Returns its id. */
export async function joinOrganization(
  db: Queryable,
  { org, person, name, email, roles, groups, teams, grantedBy }: Membership,
  newId: () => string,
): Promise<string> {
  const actor =
    (await actorOf(db, org, person)) ?? (await insertMember(db, { org, person, names: [name, email] }, newId));
  await db.query(
    `UPDATE actors SET groups = ARRAY(SELECT DISTINCT g FROM unnest(groups || $2::text[]) g ORDER BY g)
      WHERE id = $1 AND NOT groups @> $2::text[]`,
    [actor, groups],
  );
  await bindRoles(db, { org, actor, roles, grantedBy }, newId);
  await db.query(
    `INSERT INTO team_members (org, team, actor) SELECT t.org, t.id, $2 FROM teams t WHERE t.org = $1 AND t.id = ANY ($3)
     ON CONFLICT DO NOTHING`,
    [org, actor, teams],
  );
  return actor;
}

/** Also a disabled one: nobody comes back by an invitation whom an administrator put out. */
async function actorOf(db: Queryable, org: string, person: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>("SELECT id FROM actors WHERE org = $1 AND person = $2", [
    org,
    person,
  ]);
  return rows[0]?.id ?? null;
}

async function insertMember(
  db: Queryable,
  { org, person, names }: { org: string; person: string; names: readonly string[] },
  newId: () => string,
): Promise<string> {
  await assertRoom(db, org, "members");
  for (const name of names) {
    const { rows } = await db.query<{ id: string }>(
      `INSERT INTO actors (id, org, kind, name, person) VALUES ($1, $2, 'user', $3, $4)
       ON CONFLICT DO NOTHING RETURNING id`,
      [newId(), org, name, person],
    );
    const made = rows[0]?.id ?? (await actorOf(db, org, person));
    if (made !== null) return made;
  }
  throw new Error(`Both names of a new member are taken in organization ${org}.`);
}

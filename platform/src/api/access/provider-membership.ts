import type { Pool } from "pg";
import type { ProviderSignIn } from "../../auth/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import { joinOrganization } from "../../store/access/members.ts";
import { findFull } from "../../store/control/quotas.ts";
import type { Queryable } from "../../store/organization.ts";
import { inTransaction } from "../../store/transaction.ts";

/**
 * What an identity provider's word means here: membership by a verified address of its domains, where the operator wants that, and the
 * teams that its groups are mapped to. Teams that the map doesn't name are nobody's business but ours.
 */
export async function applyProvider(
  deps: { /** Of role gantry_engine: it works before an organization is chosen. */ pool: Pool; newId(): string },
  { provider, person, claims }: ProviderSignIn,
): Promise<void> {
  const { join, teams } = provider;
  await inTransaction(deps.pool, async (db) => {
    if (join !== undefined && claims["email_verified"] === true && join.domains.includes(domainOf(claims["email"]))) {
      const org = await organizationOf(db, join.organization);
      // A full organization takes nobody in, and keeps nobody from signing in to others.
      if (org !== null && !(await isMember(db, org, person.id)) && (await findFull(db, org, "members")) === null) {
        const member = { org, person: person.id, name: person.name, email: person.email, roles: join.roles };
        const actor = await joinOrganization(db, { ...member, groups: [], teams: [], grantedBy: null }, deps.newId);
        await writeAudit(db, {
          id: deps.newId(),
          org,
          actor: { kind: "user", id: actor, name: person.email, person: person.id },
          action: "providers.join",
          target: { provider: provider.id },
          details: { roles: join.roles },
        });
      }
    }
    if (teams === undefined) return;
    const said = claims[teams.claim];
    const groups = Array.isArray(said) ? said.filter((one) => typeof one === "string") : [];
    const mapped = [...new Set(Object.values(teams.map).flat())];
    const wanted = [
      ...new Set(groups.flatMap((group) => (Object.hasOwn(teams.map, group) ? (teams.map[group] ?? []) : []))),
    ];
    await db.query(
      `DELETE FROM team_members m USING teams t, actors a WHERE t.id = m.team AND a.id = m.actor AND a.person = $1
         AND t.name = ANY ($2) AND NOT t.name = ANY ($3)`,
      [person.id, mapped, wanted],
    );
    await db.query(
      `INSERT INTO team_members (org, team, actor) SELECT t.org, t.id, a.id FROM teams t JOIN actors a ON a.org = t.org
        WHERE a.person = $1 AND t.name = ANY ($2) ON CONFLICT DO NOTHING`,
      [person.id, wanted],
    );
  });
}

function domainOf(email: unknown): string {
  return typeof email === "string" ? email.slice(email.lastIndexOf("@") + 1).toLowerCase() : "";
}

async function organizationOf(db: Queryable, name: string): Promise<string | null> {
  const { rows } = await db.query<{ org: string }>("SELECT org FROM organizations WHERE name = $1", [name]);
  return rows[0]?.org ?? null;
}

async function isMember(db: Queryable, org: string, person: string): Promise<boolean> {
  const { rowCount } = await db.query("SELECT FROM actors WHERE org = $1 AND person = $2", [org, person]);
  return (rowCount ?? 0) > 0;
}

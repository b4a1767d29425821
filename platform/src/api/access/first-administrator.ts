import type { Pool } from "pg";
import { invitationCode } from "../../auth/index.ts";
import type { Keyring } from "../../secrets/index.ts";
import { insertInvitation } from "../../store/access/invitations.ts";
import { inTransaction } from "../../store/transaction.ts";
import { invitationKey } from "./accept-invitation.ts";

const hours = 24;

/**
 * The link with which the first person becomes the owner of the first organization: good for a day, once. Null as soon as there is
 * anybody; every process says the same link while one is good.
 */
export async function firstAdministratorLink(
  deps: { /** Of role gantry_engine. */ pool: Pool; keyring: Keyring; newId(): string },
  site: string,
): Promise<string | null> {
  const invitation = await inTransaction(deps.pool, async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock($1)", [advisoryLock]);
    const { rows } = await tx.query<{ org: string; id: string | null; version: number | null; somebody: boolean }>(
      `SELECT o.org, i.id, i.version, EXISTS (SELECT FROM actors WHERE person IS NOT NULL) AS somebody
         FROM organizations o JOIN actors a ON a.org = o.org AND a.name = 'administrator' LEFT JOIN invitations i ON i.org = o.org AND i.email IS NULL AND i.invited_by IS NULL
          AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
        ORDER BY o.created_at LIMIT 1`,
    );
    const found = rows[0];
    if (found === undefined || found.somebody) return null;
    if (found.id !== null && found.version !== null) return { id: found.id, version: found.version };
    return insertInvitation(tx, {
      id: deps.newId(),
      org: found.org,
      email: null,
      roles: ["owner"],
      groups: ["administrators", "approvers"],
      teams: [],
      invitedBy: null,
      hours,
    });
  });
  return invitation === null
    ? null
    : `${site}/accept-invitation?code=${invitationCode(invitationKey(deps), invitation)}`;
}

/** Nothing else takes it: processes that start at once agree on one link. */
const advisoryLock = 7_203_912;

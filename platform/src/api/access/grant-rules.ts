import type { Queryable } from "../../store/organization.ts";
import { hasOwner, listBindings, lockOwners } from "../../store/access/role-bindings.ts";
import type { Caller, HeldRole } from "./caller.ts";
import { LastOwnerError, RoleBeyondOwnError } from "../organization/tenancy-errors.ts";

/** What holds whatever policies say: nobody gives more than they have, and an organization keeps an owner. */

const ranks: Readonly<Record<string, number>> = { owner: 2, admin: 1 };
const rankOf = (role: string): number => ranks[role] ?? 0;

/** Whether a role that is held there holds at the place, too. */
function covers(held: HeldRole, place: Omit<HeldRole, "role">): boolean {
  if (held.project === null) return true;
  return held.project === place.project && (held.environment === null || held.environment === place.environment);
}

/**
 * To give a role at a place or take it away: owners do it with all roles, administrators with all but owner.
 * @throws RoleBeyondOwnError
 */
export function assertMayGive(caller: Pick<Caller, "roles">, wanted: HeldRole): void {
  const own = Math.max(0, ...caller.roles.filter((held) => covers(held, wanted)).map(({ role }) => rankOf(role)));
  if (own >= Math.max(1, rankOf(wanted.role))) return;
  throw new RoleBeyondOwnError(
    wanted.role,
    wanted.project === null ? "in the organization" : wanted.environment === null ? "in that project" : "there",
  );
}

/**
 * To act for somebody, by a key of theirs, or to disable them: an administrator's and owner's roles must be the caller's too.
 * @throws RoleBeyondOwnError
 */
export async function assertMayManage(
  db: Queryable,
  caller: Pick<Caller, "org" | "actor" | "roles">,
  actor: string,
): Promise<void> {
  if (actor === caller.actor.id) return;
  for (const held of await listBindings(db, caller.org, actor)) if (rankOf(held.role) > 0) assertMayGive(caller, held);
}

/** Does what may take an owner away; undone with the transaction if it was the last. @throws LastOwnerError */
export async function keepingAnOwner<T>(db: Queryable, org: string, work: () => Promise<T>): Promise<T> {
  await lockOwners(db, org);
  const before = await hasOwner(db, org);
  const result = await work();
  if (before && !(await hasOwner(db, org))) throw new LastOwnerError();
  return result;
}

import { Scope, type Role } from "@gantry/sdk/api";
import { apiActions, type Action } from "./actions.ts";
import { permitsRole } from "./authorize.ts";

const known = new Map<string, readonly Scope[]>();

/**
 * The scopes that a role has a use for: those of the actions that its policies permit, found by asking them. Actions that are in the
 * same groups are permitted alike, so one of each kind is asked about.
 */
export function scopesOfRole(role: Role): readonly Scope[] {
  let found = known.get(role);
  if (found === undefined) {
    const permitted = kinds().filter((action) => permitsRole(role, action));
    found = Scope.options.filter((scope) => permitted.some(({ groups }) => groups[0] === scope));
    known.set(role, found);
  }
  return found;
}

function kinds(): Action[] {
  return [...Map.groupBy(apiActions().values(), ({ groups }) => groups.join())].flatMap(([, [first]]) => first ?? []);
}

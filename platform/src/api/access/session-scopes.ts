import { Role, type Scope } from "@gantry/sdk/api";
import { scopesOfRole } from "../../policy/index.ts";
import type { HeldRole } from "./caller.ts";

/**
 * A key says what it is for; a session is for all that its person's roles are for, wherever they hold, and for their own
 * account. What reaches beyond the organization is among them only while the session is elevated: see elevation.ts.
 */
export function sessionScopes(roles: readonly HeldRole[], elevated = false): Scope[] {
  const scopes = roles.flatMap(({ role }) => scopesOfRole(Role.parse(role)));
  return [...new Set<Scope>(["read", ...scopes])].filter((scope) => elevated || scope !== "admin:everywhere");
}

import { Role, type Scope } from "@gantry/sdk/api";
import { scopesOfRole } from "../policy/index.ts";
import type { HeldRole } from "./caller.ts";

/**
 * A key says what it is for; a session is for all that its person's roles are for, wherever they hold, and for their own
 * account. What reaches beyond the organization isn't among them: that takes a key of the installation's host.
 */
export function sessionScopes(roles: readonly HeldRole[]): Scope[] {
  const scopes = roles.flatMap(({ role }) => scopesOfRole(Role.parse(role)));
  return [...new Set<Scope>(["read", ...scopes])].filter((scope) => scope !== "admin:everywhere");
}

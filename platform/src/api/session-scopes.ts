import { Scope } from "@gantry/sdk/api";
import type { HeldRole } from "./caller.ts";

const everybody: readonly Scope[] = ["read"];
const administration: readonly Scope[] = Scope.options.filter((scope) => scope !== "admin:everywhere");

/** A key says what it is for; a session is for all that its person's roles are for, wherever they hold. */
const scopesOf: Readonly<Record<string, readonly Scope[]>> = {
  viewer: everybody,
  operator: [...everybody, "run"],
  approver: [...everybody, "approve"],
  author: [...everybody, "runbooks"],
  security: [...everybody, "secrets"],
  admin: administration,
  owner: administration,
};

/** What reaches beyond the organization isn't among them: that takes a key of the installation's host. */
export function sessionScopes(roles: readonly HeldRole[]): Scope[] {
  return [...new Set([...everybody, ...roles.flatMap(({ role }) => scopesOf[role] ?? [])])];
}

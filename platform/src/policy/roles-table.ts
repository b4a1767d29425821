import { Role } from "@gantry/sdk/api";
import { apiActions, type Action } from "./actions.ts";
import { rolesThatMay } from "./authorize.ts";

/** `docs/reference/roles.md`: what each role may do, found out by asking the policies. */
export function renderRolesTable(): string {
  const actions = [...apiActions().values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const row = (action: Action): string => {
    const may = rolesThatMay(action);
    const cells = Role.options.map((role) => (may.includes(role) ? "yes" : ""));
    return `| ${[`\`${action.id}\``, `\`${action.groups[0] ?? ""}\``, aboutOf(action), ...cells].join(" | ")} |`;
  };
  const head = ["Action", "Scope", "Decided at", ...Role.options];
  return [
    "# Roles",
    "",
    "Generated from the policies (`platform/src/policy/roles.cedar`) and the contract of the API. A call needs both: the scope of the",
    "credential, and a role of its actor that may, held in the organization or at the place where the call is decided. What belongs to",
    "everybody's own account needs no role. See [the guide](../guide/roles-and-policies.md).",
    "",
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...actions.map(row),
    "",
  ].join("\n");
}

function aboutOf({ resource: { kind } }: Action): string {
  if (kind === "anywhere") return "any place; shows what is seen";
  if (kind === "self") return "own account";
  if (kind === "place") return "the named place";
  return kind === "organization" ? "organization" : `the ${kind}'s place`;
}

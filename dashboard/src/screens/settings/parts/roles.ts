import type { Role } from "@gantry/sdk/api";
import type { Texts } from "../../../ui/texts.ts";

export const roleNames = ["viewer", "operator", "approver", "author", "security", "admin", "owner"] as const;

/** What each role lets do, in few words; docs/reference/roles.md has all of it. */
export const roleWords: Texts<Record<Role, string>> = {
  en: {
    viewer: "sees everything but values of secrets",
    operator: "runs, pauses, cancels and undoes",
    approver: "approves where they belong to the group",
    author: "publishes runbooks",
    security: "stores secrets",
    admin: "manages people, places and policies",
    owner: "all of it, and the organization itself",
  },
};

export function roleOptions(words: Record<Role, string>): { value: Role; label: string; hint: string }[] {
  return roleNames.map((role) => ({ value: role, label: role, hint: words[role] }));
}

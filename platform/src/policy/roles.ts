import { readFileSync } from "node:fs";
import { createPolicySet, readPolicies, type KnownPolicy, type PolicySet } from "./cedar.ts";

let read: { policies: KnownPolicy[]; set: PolicySet } | undefined;

/** What the roles may do: the policies of roles.cedar, read once. */
export function rolePolicies(): { policies: readonly KnownPolicy[]; set: PolicySet } {
  if (read === undefined) {
    const policies = readPolicies(readFileSync(new URL("./roles.cedar", import.meta.url), "utf8"));
    read = { policies, set: createPolicySet(policies) };
  }
  return read;
}

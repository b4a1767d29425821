import type { Places } from "../store/control/rules.ts";
import { readPolicies, type KnownPolicy } from "./cedar.ts";

/** Of how many of which group an environment wants approvals at least, as a policy: whatever others ask for is asked for as well. */
export function neededApprovers(
  { approvers: byDefault, environments }: Pick<Places, "approvers" | "environments">,
  at: { project: string | null; environment: string | null },
): KnownPolicy[] {
  if (at.environment === null) return [];
  const here = environments.find(({ project, name }) => project === at.project && name === at.environment);
  const own = here === undefined ? "default" : here.approvers;
  const needed = own === "default" ? byDefault : own;
  if (needed === null) return [];
  const { group, count } = needed;
  return readPolicies(`@id("${own === "default" ? "organization" : "environment"}/approval-settings")
@approval("${group}:${count}")
@reason("The approval settings want ${count} of ${group} for changes in ${at.environment}.")
forbid (principal, action in [Action::"apply", Action::"undo"], resource)
when { ["changes", "destroys"].contains(context.effect) }
unless { context.approved };`);
}

import type { PolicyCase, PolicyCaseResult } from "@gantry/sdk/api";
import type { PolicyFacts } from "@gantry/sdk/core";
import type { z } from "zod";
import { apiActions } from "./actions.ts";
import { createAuthorize, type ResourceFacts } from "./authorize.ts";
import type { Assess } from "./policy.ts";
import type { Rules } from "./rules.ts";

type Case = z.output<typeof PolicyCase>;
type Said = Pick<PolicyCaseResult, "result" | "policies" | "reasons" | "approvals">;

/** Asks the policies in force at a place about each case, and says whether they answer what it expects. */
export function tryCases(
  cases: readonly Case[],
  { org, place, rules, assess }: { org: string; place: ResourceFacts; rules: Rules; assess: Assess },
): PolicyCaseResult[] {
  const authorize = createAuthorize();
  return cases.map((one) => {
    const said = one.call === undefined ? ofPlan(one) : ofCall(one, one.call);
    // What there isn't is denied, too: that proves nothing of the policies.
    const known = one.call === undefined || apiActions().has(one.call.action);
    const passed = known && said.result === one.expect && one.policies.every((id) => said.policies.includes(id));
    return { name: one.name, passed, expected: one.expect, ...said };
  });

  function ofCall({ by }: Case, { action: id, credential, mfa }: NonNullable<Case["call"]>): Said {
    const action = apiActions().get(id);
    if (action === undefined)
      return { result: "deny", policies: [], reasons: [`There is no action ${id}.`], approvals: [] };
    const subject = {
      org,
      actor: { kind: by.kind, id: by.name, name: by.name },
      groups: by.groups,
      roles: by.roles.map((role) => ({ role, project: null, environment: null })),
      credential: { kind: credential, mfaAt: mfa ? 0 : null },
      accessVersion: "0",
    };
    const { allowed, policies, reasons } = authorize(subject, action, place, rules);
    return { result: allowed ? "allow" : "deny", policies: [...policies], reasons: [...reasons], approvals: [] };
  }

  function ofPlan({ by, plan }: Case): Said {
    const { action, protection, ...rest } = plan as NonNullable<Case["plan"]>;
    const facts: PolicyFacts = {
      ...rest,
      scope: action === "apply" ? "change_set" : action,
      environment: place.environment ?? "",
      requester: { kind: by.kind, id: by.name, name: by.name },
    };
    const { project, environment } = place;
    const own = {
      org,
      project: project ?? { id: "", name: "" },
      policies: rules.at({ project: project?.id ?? null, environment }),
      requester: { groups: by.groups, roles: by.roles },
    };
    const { decision } = assess(facts, { protection: protection ?? place.protection ?? "open" }, own);
    const { result, policies, reasons, approvals } = decision;
    return { result, policies, reasons, approvals };
  }
}

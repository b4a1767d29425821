import { readFileSync } from "node:fs";
import cedar from "@cedar-policy/cedar-wasm/nodejs";
import { GantryError, type Decision, type JsonObject, type Risk } from "@gantry/sdk";
import type { PolicyFacts } from "@gantry/sdk/core";
import { assessRisk } from "../domain/risk.ts";

/** What policy must know of an environment besides its name. */
export interface EnvironmentFacts {
  protection: "open" | "guarded" | "strict";
}

/** Decides at once, without I/O. The decision carries the facts it was made of. */
export type Assess = (facts: PolicyFacts, environment: EnvironmentFacts) => { decision: Decision; risk: Risk };

export class PolicyInvalidError extends GantryError {
  readonly code = "policy_invalid";
  override readonly fault = "operational";
  constructor(problems: readonly string[]) {
    super(`The policies can't be used: ${problems.join("; ")}`, { details: { problems } });
  }
}

interface KnownPolicy {
  reason: string | null;
  /** `shared`: one person may stand for this group and for others of the decision, where all of its policies say so. */
  approval: { group: string; count: number; shared: boolean } | null;
}

/**
 * Parses policies once; without text, the ones that Gantry ships.
 * @throws PolicyInvalidError when they don't parse, have no @id, or an @approval that names no group and count.
 */
export function createPolicy(text = readFileSync(new URL("./default.cedar", import.meta.url), "utf8")): Assess {
  const known = readPolicies(text);
  const policySetId = `gantry-${(sets += 1)}`;
  const parsed = cedar.preparsePolicySet(policySetId, { staticPolicies: policiesById(text) });
  if (parsed.type === "failure") throw new PolicyInvalidError(parsed.errors.map((error) => error.message));
  const ask = (facts: JsonObject, approved: boolean) => authorize(policySetId, facts, approved);
  // Many runs of one runbook ask the very same question, and an answer depends on nothing but the facts.
  const answered = new Map<string, ReturnType<Assess>>();
  return (facts, environment) => {
    const question = JSON.stringify([facts, environment]);
    let answer = answered.get(question);
    if (!answer) {
      answer = { decision: decide({ ...facts, ...environment }, known, ask), risk: assessRisk(facts, environment) };
      if (answered.size >= maximumAnswers) answered.clear();
      answered.set(question, answer);
    }
    return answer;
  };
}

const maximumAnswers = 1_000;
let sets = 0;

interface Answer {
  allowed: boolean;
  policies: string[];
  errors: string[];
}

function decide(
  facts: JsonObject,
  known: ReadonlyMap<string, KnownPolicy>,
  ask: (facts: JsonObject, approved: boolean) => Answer,
): Decision {
  const { allowed, policies, errors } = ask(facts, false);
  const reasons = [...policies.flatMap((id) => known.get(id)?.reason ?? []), ...errors];
  // An evaluation error would silently drop a `forbid`, so it denies.
  if (errors.length > 0) return { result: "deny", policies, reasons, facts, approvals: [] };
  if (allowed) return { result: "allow", policies, reasons, facts, approvals: [] };
  if (policies.length === 0)
    return { result: "deny", policies: ["default-deny"], reasons: ["No policy permits it."], facts, approvals: [] };
  const approvals = policies.map((id) => known.get(id)?.approval ?? null);
  const liftable = approvals.every((approval) => approval !== null) && ask(facts, true).allowed;
  if (!liftable) return { result: "deny", policies, reasons, facts, approvals: [] };
  const shared = approvals.every((approval) => approval.shared);
  const needed = { approvals: merge(approvals), ...(shared && { shared }) };
  return { result: "require_approval", policies, reasons, facts, ...needed };
}

/** The greatest count per group. */
function merge(approvals: readonly { group: string; count: number }[]): { group: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { group, count } of approvals) counts.set(group, Math.max(count, counts.get(group) ?? 0));
  return [...counts].map(([group, count]) => ({ group, count }));
}

const actions = { start: "start", change_set: "apply", undo: "undo" } as const;

function authorize(policySetId: string, facts: JsonObject, approved: boolean): Answer {
  const { requester, runbook, scope, ...rest } = facts as unknown as PolicyFacts & EnvironmentFacts;
  const answer = cedar.statefulIsAuthorized({
    principal: { type: requester.kind === "service" ? "Service" : "User", id: requester.id },
    action: { type: "Action", id: actions[scope] },
    resource: { type: "Environment", id: rest.environment },
    context: {
      ...rest,
      tools: rest.tools.map(({ tool, effect }) => ({ tool, effect })),
      runbook: runbook ?? "",
      scope,
      approved,
    },
    preparsedPolicySetId: policySetId,
    entities: [],
  });
  if (answer.type === "failure")
    return { allowed: false, policies: [], errors: answer.errors.map((error) => error.message) };
  const { decision, diagnostics } = answer.response;
  const errors = diagnostics.errors.map((error) => `Policy ${error.policyId}: ${error.error.message}`);
  return { allowed: decision === "allow", policies: diagnostics.reason.toSorted(), errors };
}

function readPolicies(text: string): Map<string, KnownPolicy> {
  return new Map(
    partsOf(text).map((part) => {
      const parsed = cedar.policyToJson(part);
      if (parsed.type === "failure") throw new PolicyInvalidError(parsed.errors.map((error) => error.message));
      const { annotations = {}, effect } = parsed.json;
      const { id, approval, reason, shared } = annotations as Record<string, string | undefined>;
      if (id === undefined) throw new PolicyInvalidError([`a policy has no @id: ${part.slice(0, 60)}`]);
      return [
        id,
        { reason: reason ?? null, approval: effect === "forbid" ? approvalOf(id, approval, shared === "true") : null },
      ];
    }),
  );
}

function approvalOf(id: string, text: string | undefined, shared: boolean): KnownPolicy["approval"] {
  if (text === undefined) return null;
  const match = /^([a-z][a-z0-9-]*):([1-9]\d?)$/.exec(text);
  if (!match)
    throw new PolicyInvalidError([`@approval of ${id} must look like "group:count", not ${JSON.stringify(text)}`]);
  return { group: match[1] as string, count: Number(match[2]), shared };
}

function policiesById(text: string): Record<string, string> {
  return Object.fromEntries(partsOf(text).map((part) => [/@id\("([^"]+)"\)/.exec(part)?.[1] ?? "", part]));
}

function partsOf(text: string): string[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === "failure") throw new PolicyInvalidError(parts.errors.map((error) => error.message));
  return parts.policies;
}

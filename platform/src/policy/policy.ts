import { readFileSync } from "node:fs";
import { touchesWorld, type Decision, type JsonObject, type Risk } from "@gantry/sdk";
import type { PolicyFacts } from "@gantry/sdk/core";
import { assessRisk } from "../domain/risk.ts";
import { createPolicySet, readPolicies, type Entity, type PolicySet } from "./cedar.ts";
import { resourceEntity } from "./authorize.ts";

/** What policy must know of an environment besides its name. */
export interface EnvironmentFacts {
  protection: "open" | "guarded" | "strict";
}

/** The policies that an organization, a project and an environment added, and what they see of where it is and who asks. */
export interface OwnRules {
  org: string;
  project: { id: string; name: string };
  policies: PolicySet | null;
  /** Who asked for the run: groups (names of teams too), and the roles held at its place. */
  requester: { groups: readonly string[]; roles: readonly string[] };
}

/** Decides at once, without I/O. The decision carries the facts it was made of. */
export type Assess = (
  facts: PolicyFacts,
  environment: EnvironmentFacts,
  own?: OwnRules,
) => { decision: Decision; risk: Risk };

/**
 * Parses policies once; without text, the ones that Gantry ships.
 * @throws PolicyInvalidError when they don't parse, have no @id, or an @approval that names no group and count.
 */
export function createPolicy(text = readFileSync(new URL("./default.cedar", import.meta.url), "utf8")): Assess {
  const shipped = createPolicySet(readPolicies(text));
  // Many runs of one runbook ask the very same question, and an answer depends on nothing but the facts and the policies.
  const answered = new WeakMap<PolicySet, Map<string, ReturnType<Assess>>>();
  return (facts, environment, own) => {
    const set = own?.policies ?? null;
    const question = JSON.stringify([facts, environment, set && own && [own.org, own.project, own.requester]]);
    const answers = answered.get(set ?? shipped) ?? new Map<string, ReturnType<Assess>>();
    answered.set(set ?? shipped, answers);
    let answer = answers.get(question);
    if (!answer) {
      const all: JsonObject = { ...(facts as unknown as JsonObject), ...environment };
      const mine = decide(all, shipped, environmentOf(facts));
      const theirs = own && set ? decideOwn(all, set, own, placeOf(own, facts, environment)) : [];
      answer = { decision: strictest([mine, ...theirs]), risk: assessRisk(facts, environment) };
      if (answers.size >= maximumAnswers) answers.clear();
      answers.set(question, answer);
    }
    return answer;
  };
}

const maximumAnswers = 1_000;

/** By its name alone, as the policies of an installation know it. */
const environmentOf = ({ environment }: PolicyFacts): Entity => ({ type: "Environment", id: environment });

function placeOf({ org, project }: OwnRules, { environment }: PolicyFacts, { protection }: EnvironmentFacts): Entity {
  const id = `${project.name}/${environment}`;
  return resourceEntity(org, { type: "Environment", id, project, environment, protection });
}

/** The plan or change set, and each tool in it. */
function decideOwn(facts: JsonObject, set: PolicySet, { requester }: OwnRules, resource: Entity): Decision[] {
  const { tools, scope } = facts as unknown as PolicyFacts;
  const effects = new Map(tools.map(({ tool, effect }) => [tool, effect]));
  const ask = (tool?: string): Decision => {
    const decision = decide(facts, set, resource, { ...requester, tool });
    // What changes something is asked about again with its change set.
    const asksAgain = tool !== undefined && touchesWorld(effects.get(tool) ?? "destroys");
    return scope === "start" && !asksAgain ? beforeChangeSet(decision) : decision;
  };
  return [ask(), ...[...effects.keys()].map(ask)];
}

/** People approve change sets. What happens before there is one can't wait for them, and must not go by them either. */
function beforeChangeSet(decision: Decision): Decision {
  if (decision.result !== "require_approval") return decision;
  const why =
    "An approval can't lift that: there is no change set yet. Limit the policy to apply, undo, or tools that change.";
  return { ...decision, result: "deny", reasons: [...decision.reasons, why], approvals: [] };
}

/** A deny wins; what several ask to be approved must all be approved. */
function strictest(decisions: readonly Decision[]): Decision {
  const [first] = decisions as [Decision, ...Decision[]];
  const strict =
    (["deny", "require_approval"] as const).find((result) => decisions.some((one) => one.result === result)) ?? "allow";
  if (strict === "allow") return first;
  const deciding = decisions.filter(({ result }) => result === strict);
  const shared = deciding.every((one) => one.shared === true);
  return {
    result: strict,
    policies: [...new Set(deciding.flatMap(({ policies }) => policies))],
    reasons: [...new Set(deciding.flatMap(({ reasons }) => reasons))],
    facts: first.facts,
    approvals: merge(deciding.flatMap(({ approvals }) => approvals)),
    ...(shared && { shared }),
  };
}

interface Asking {
  groups: readonly string[];
  roles: readonly string[];
  /** Asked about this tool alone. */
  tool?: string | undefined;
}

function decide(facts: JsonObject, set: PolicySet, resource: Entity, asking: Asking = nobody): Decision {
  const ask = (approved: boolean) => set.ask(questionOf(facts, resource, approved, asking));
  const { allowed, policies, errors } = ask(false);
  const reasons = [...policies.flatMap((id) => set.get(id)?.reason ?? []), ...errors];
  // An evaluation error would silently drop a `forbid`, so it denies.
  if (errors.length > 0) return { result: "deny", policies, reasons, facts, approvals: [] };
  if (allowed) return { result: "allow", policies, reasons, facts, approvals: [] };
  if (policies.length === 0)
    return { result: "deny", policies: ["default-deny"], reasons: ["No policy permits it."], facts, approvals: [] };
  const approvals = policies.map((id) => set.get(id)?.approval ?? null);
  const liftable = approvals.every((approval) => approval !== null) && ask(true).allowed;
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

/** Policies of the installation don't know an organization's groups. */
const nobody: Asking = { groups: [], roles: [] };

const actions = { start: "start", change_set: "apply", undo: "undo" } as const;

function questionOf(facts: JsonObject, resource: Entity, approved: boolean, { groups, roles, tool }: Asking) {
  const { requester, runbook, scope, ...rest } = facts as unknown as PolicyFacts & EnvironmentFacts;
  return {
    principal: {
      type: requester.kind === "service" ? "Service" : "User",
      id: requester.id,
      attrs: { name: requester.name, groups: [...groups] },
      parents: roles.map((id) => ({ type: "Role", id })),
    },
    action: { id: tool === undefined ? actions[scope] : "tool:call", groups: [] },
    resource,
    context: {
      ...rest,
      tools: rest.tools.map((one) => ({ tool: one.tool, effect: one.effect })),
      tool: tool ?? "",
      runbook: runbook ?? "",
      scope,
      tainted: rest.tainted === true,
      approved,
    },
  };
}

import { digestOf, effectOrder, type Plan } from "@gantry/sdk";
import { api, type PlanView } from "@gantry/sdk/api";
import { graphOf, taintOf, type PolicyFacts } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import { heldAt, type OwnRules } from "../../policy/index.ts";
import { makePlanOf } from "../../runbooks/index.ts";
import type { EnvironmentRow } from "../../store/organization/environments.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";
import { requireTarget } from "../http/target.ts";

export function planRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.plans.create, async ({ body, caller, tx }) => {
    const { runbook, parameters, environment: name, project, goal } = body;
    const { found, target, variables } = await tx(async (db) => {
      const at = await requireTarget(db, caller.org, { project, environment: name });
      return {
        found: await deps.findRunbook(db, caller.org, runbook),
        target: at,
        variables: await variablesAt(db, { org: caller.org, project: at.project, environment: name }),
      };
    });
    const request = { runbook, parameters, environment: name, variables, ...(goal === undefined ? {} : { goal }) };
    const own = await ownRules(app, caller, { project: target.project, environment: name });
    return planView(deps, caller, makePlanOf(deps.catalog, found, request), { at: target.environment, own });
  });
}

/** What the caller's organization, project and environment add to policy there. */
export async function ownRules(
  app: FastifyInstance,
  caller: Caller,
  place: { project: string; environment: string },
): Promise<OwnRules> {
  const rules = await app.access.rules(caller);
  const project = rules.project(place.project) ?? { id: place.project, name: "" };
  const { org, groups } = caller;
  // As the engine sees it: what was taken by break-glass is no role of theirs.
  const roles = caller.roles.filter((one) => one.breakGlass === undefined);
  const held = heldAt({ roles }, { project, environment: place.environment });
  return { org, project, policies: rules.at(place), requester: { groups, roles: held } };
}

/** A plan with what policy may say of it. */
export function planView(
  deps: Pick<ApiDeps, "assess">,
  caller: Caller,
  plan: Plan,
  { at, own }: { at: EnvironmentRow; own: OwnRules },
): PlanView {
  const expected = expectedFacts(plan, caller);
  const ask = (facts: PolicyFacts) => deps.assess(facts, { protection: at.protection }, own);
  const start = ask({ ...expected, scope: "start", effect: "drafts", undoable: true, deferred: 0 });
  const { decision, risk } = start.decision.result === "deny" ? start : ask(expected);
  return { ...planFacts(plan), decision, risk };
}

/** What follows from a plan alone. */
export function planFacts(plan: Plan): Pick<PlanView, "digest" | "plan" | "after"> {
  const after = [...graphOf(plan).dependencies].map(([step, needed]) => [step, [...needed]]);
  return { digest: digestOf(plan), plan, after: Object.fromEntries(after) as PlanView["after"] };
}

/**
 * The change set that may come of it, before anything ran: the tools' maximum effects and no counts. The previews can only
 * make it less, so policy's answer is what to expect at most.
 */
function expectedFacts(plan: Plan, caller: Caller): PolicyFacts {
  const used = plan.steps.flatMap((step) => (step.kind === "tool" ? [step] : []));
  const tools = used.map((step) => {
    const facts = plan.tools.find(({ name }) => name === step.tool);
    return { tool: step.tool, effect: facts?.effect ?? "destroys", undo: facts?.undo === true && step.undo === "tool" };
  });
  const touching = tools.filter(({ effect }) => effect === "changes" || effect === "destroys");
  return {
    scope: "change_set",
    environment: plan.environment,
    runbook: plan.runbook?.name ?? null,
    requester: caller.actor,
    effect: effectOrder.findLast((effect) => tools.some((one) => one.effect === effect)) ?? "reads",
    counts: { add: 0, change: 0, destroy: 0 },
    tools: tools.map(({ tool, effect }) => ({ tool, effect })),
    undoable: touching.every(({ undo }) => undo),
    deferred: touching.length,
    ...taintOf(plan),
  };
}

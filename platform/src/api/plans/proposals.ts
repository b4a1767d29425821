import { checkPlan, digestOf, effectOrder, GantryError, type JsonObject, type Plan } from "@gantry/sdk";
import type { Understanding } from "@gantry/sdk/api";
import type { Catalog } from "../../catalog/index.ts";
import { makePlanOf } from "../../runbooks/index.ts";
import type { Queryable } from "../../store/organization.ts";
import { foldRun } from "../../store/journal/run-history.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import type { ApiDeps } from "../deps.ts";
import { catalogOf } from "./plan-catalog.ts";
import { missingRun } from "../runs/run-access.ts";
import { requireProject } from "../http/target.ts";

/** A run from which a goal is to take its plan has none for it. */
export class ProposalUnusableError extends GantryError {
  readonly code = "proposal_unusable";
  constructor(run: string, why: string) {
    super(`Run ${run} has no plan to take: ${why}. Have the goal planned anew.`, { details: { run } });
  }
}

/** A plan that a model made for a goal, and the runbook by which it was asked. */
export interface Proposal {
  plan: Plan;
  runbook: string;
}

/** Where a proposal is wanted. */
interface Wanted {
  org: string;
  /** By name. */
  project: string;
  run: string;
}

/**
 * The plan that a model made in a run, as the journal has it: neither its taint nor its goal can be changed on the way from there.
 * @throws ProposalUnusableError, NotFoundError, and the errors of `checkPlan`
 */
export async function findProposal(deps: ApiDeps, db: Queryable, { org, project, run }: Wanted): Promise<Proposal> {
  const row = await findRun(db, run);
  if (row === null) throw await missingRun(db, run);
  const refuse = (why: string) => new ProposalUnusableError(run, why);
  if (row.project !== project) throw refuse(`it is one of the project ${row.project}`);
  const { runbook } = row;
  if (runbook === null || !plansGoals(deps.catalog, runbook)) throw refuse("no model planned a goal in it");
  if (row.status !== "succeeded") throw refuse(`it is ${row.status}`);
  const folded = await foldRun(db, run);
  for (const { step, output } of folded?.state.steps.values() ?? []) {
    if (step.kind !== "tool" || deps.catalog.tools.get(step.tool)?.agent.spec.mind?.task !== "plan") continue;
    const found = (output as JsonObject | null)?.["plan"] ?? null;
    if (found === null) throw refuse("something must be told first, as its answer says");
    const plan = checkPlan(await catalogOf(deps, db, org), found);
    const at = { db, org, project: await requireProject(db, org, project) };
    return { plan: (await isOfItsRunbook(deps, plan, at)) ? plan : { ...plan, runbook: null }, runbook };
  }
  throw refuse("nothing in it planned a goal");
}

/** Whether a runbook is one of an installed agent that plans, and takes a goal. */
export function plansGoals({ runbooks }: Pick<Catalog, "runbooks">, name: string): boolean {
  const found = runbooks.get(name);
  return found?.agent?.spec.mind?.task === "plan" && Object.hasOwn(found.runbook.spec.parameters.shape, "goal");
}

/** The runbook by which a model would plan a goal there; null: no agent that plans is installed, or no model is connected. */
export async function plannerAt(
  { catalog, models }: Pick<ApiDeps, "catalog" | "models">,
  place: Parameters<ApiDeps["models"]["list"]>[0],
): Promise<string | null> {
  const planner = [...catalog.runbooks.keys()].find((name) => plansGoals(catalog, name));
  if (planner === undefined) return null;
  const { items } = await models.list(place);
  return items.some(({ refused }) => refused === null) ? planner : null;
}

/** What stands in for reading a sentence where a model planned it. */
export function understandingOf({ plan, runbook }: Proposal, proposal: string): Understanding {
  const effects = new Set(plan.tools.map(({ effect }) => effect));
  return {
    status: "ready",
    runbook,
    confidence: 1,
    environment: plan.environment,
    parameters: { proposal },
    missing: [],
    alternatives: [],
    checks: [],
    effect: effectOrder.findLast((effect) => effects.has(effect)) ?? "reads",
    notes: ["A model planned it, so policy has a person decide on what it changes."],
    planner: null,
  };
}

/**
 * Whether the runbook that a plan names gives this very plan for these parameters, now and here. Policies and people trust that name,
 * so a plan that was edited, or was made elsewhere, is nobody's but who sends it. What it was planned from doesn't count: a model may choose a runbook.
 */
export async function isOfItsRunbook(
  deps: Pick<ApiDeps, "catalog" | "findRunbook">,
  { tainted: _tainted, ...plan }: Plan,
  { db, org, project }: { db: Queryable; org: string; project: string },
): Promise<boolean> {
  const { runbook, parameters, environment, goal } = plan;
  if (runbook === null) return true;
  try {
    const found = await deps.findRunbook(db, org, `${runbook.name}@${runbook.version}`);
    const variables = await variablesAt(db, { org, project, environment });
    const request = { runbook: found.runbook.name, parameters, environment, variables, goal };
    return digestOf(makePlanOf(deps.catalog, found, request)) === digestOf(plan);
  } catch (error) {
    // There is no such runbook, or not for these parameters.
    if (error instanceof GantryError && error.fault === "user") return false;
    throw error;
  }
}

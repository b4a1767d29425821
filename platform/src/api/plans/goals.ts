import {
  checkDerivedPlan,
  digestOf,
  GantryError,
  ParametersInvalidError,
  type JsonObject,
  type Plan,
} from "@gantry/sdk";
import { api, type AcceptanceCheck, type GoalView, type Understanding } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { ClientBase } from "pg";
import { understand, withChecks, type KnownNames, type Wish } from "../../planner/index.ts";
import { makePlanOf } from "../../runbooks/index.ts";
import { createRun } from "../../store/journal/create-run.ts";
import { listEnvironments } from "../../store/organization/environments.ts";
import {
  abandonGoal,
  findGoal,
  insertGoal,
  insertGoalRun,
  listGoals,
  type GoalPosition,
  type GoalRow,
} from "../../store/plans/goals.ts";
import { knownNames } from "../../store/organization/known-names.ts";
import { assertQuotas } from "../../store/control/quotas.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import type { Caller } from "../access/caller.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { GoalAbandonedError, GoalNotUnderstoodError, GoalUnclearError, NotFoundError } from "../errors.ts";
import { createPlanners } from "./planner.ts";
import { placeOf } from "../http/place.ts";
import { ownRules, planView } from "./plans.ts";
import { catalogOf } from "./plan-catalog.ts";
import { findProposal, plannerAt, plansGoals, ProposalUnusableError, understandingOf } from "./proposals.ts";
import { route, type Call } from "../http/route.ts";
import { runSummary } from "../runs/run-view.ts";
import { requireProject, requireTarget } from "../http/target.ts";

/** Goals in words. What is understood is always told; what runs is always a plan like any other. */
export function goalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const planners = createPlanners(deps);

  route(app, deps, api.goals.create, async (call) => {
    const { body, caller, tx, id, reply } = call;
    const { project, explain, priority } = body;
    const { understanding, plan } = await (body.proposal === undefined ? read(call) : proposed(call, body.proposal));
    if (explain)
      return { understanding, plan: plan && (await assessed(plan, project, { caller, tx })), goal: null, run: null };
    if (plan === null) throw refusal(understanding);
    const answer = await tx(async (db) => {
      const at = await requireTarget(db, caller.org, { project, environment: plan.environment });
      const goal = {
        id,
        org: caller.org,
        project: at.project,
        environment: plan.environment,
        actor: caller.actor,
        text: plan.goal,
      };
      const { confidence, checks } = understanding;
      const made =
        body.proposal === undefined
          ? { runbook: plan.runbook?.name ?? "", parameters: plan.parameters, checks, confidence }
          : { runbook: understanding.runbook ?? "", parameters: understanding.parameters, checks, confidence };
      const fresh = await insertGoal(db, { ...goal, ...made });
      if (fresh) await startRun(deps, db, { caller, goal: id, project: at.project, plan, priority, run: deps.newId() });
      return viewWithRun(db, caller.org, id);
    });
    deps.wakeWorkers();
    void reply.code(201);
    return { understanding, plan: null, ...answer };
  });

  /** What a sentence says, and the plan of that once all is said. */
  async function read({ body, caller, tx }: Creating): Promise<Read> {
    const { text, project, environment, runbook, parameters } = body;
    const { known, planner } = await tx(async (db) => ({
      known: await namesFor(db, caller, project),
      planner: await (runbook === undefined
        ? planners.forAll(db, caller.org)
        : planners.forOne(db, caller.org, runbook)),
    }));
    const wish: Wish = {
      text,
      ...(environment === undefined ? {} : { environment }),
      ...(runbook === undefined ? {} : { runbook }),
      ...(parameters === undefined ? {} : { parameters }),
    };
    const { beyond, ...understood } = understand({ ...planner, known }, wish);
    const place = beyond ? await tx((db) => placeOf(db, caller.org, { project, environment }, "body")) : null;
    const first = { ...understood, planner: place && (await plannerAt(deps, place)) } as Understanding;
    return tx((db) => checked(deps, { db, org: caller.org, project }, first, text));
  }

  /** What a model planned. */
  async function proposed({ body, caller, tx, demand }: Creating, run: string): Promise<Read> {
    const { project, environment } = body;
    const proposal = await tx((db) => findProposal(deps, db, { org: caller.org, project, run }));
    const { plan } = proposal;
    if (environment !== undefined && environment !== plan.environment)
      throw new ProposalUnusableError(run, `it is for ${plan.environment}`);
    await demand(api.goals.create.id, { project, environment: plan.environment });
    return { understanding: understandingOf(proposal, run), plan };
  }

  async function assessed(
    plan: Plan,
    name: string,
    { caller, tx }: Pick<Call<typeof api.goals.create>, "caller" | "tx">,
  ) {
    const { project, environment } = await tx((db) =>
      requireTarget(db, caller.org, { project: name, environment: plan.environment }),
    );
    const own = await ownRules(app, caller, { project, environment: plan.environment });
    return planView(deps, caller, plan, { at: environment, own });
  }

  route(app, deps, api.goals.list, async ({ query, caller, tx }) => {
    const { limit, cursor, status = null, project = null, environment = null } = query;
    const filter = { status, project, environment };
    const belongsTo = ["goals", caller.org, filter];
    const after =
      cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as GoalPosition);
    const found = await tx((db) => listGoals(db, caller.org, filter, after, limit + 1));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ row }) => goalView(row)), next };
  });

  route(app, deps, api.goals.get, ({ params, caller, tx }) =>
    tx(async (db) => goalView(await requireGoal(db, caller.org, params.goal))),
  );

  route(app, deps, api.goals.tryAgain, async ({ params, body, caller, tx, id }) => {
    const goal = await tx((db) => requireGoal(db, caller.org, params.goal));
    if (goal.status === "abandoned") throw new GoalAbandonedError(goal.id);
    const { runbook, environment, text } = goal;
    const parameters = { ...goal.parameters, ...body.parameters };
    const checks = goal.checks as AcceptanceCheck[];
    const { proposal } = parameters;
    const run = await tx(async (db) => {
      const tenant = { db, org: caller.org, project: goal.project };
      const plan =
        typeof proposal === "string" && plansGoals(deps.catalog, runbook)
          ? (await findProposal(deps, db, { ...tenant, run: proposal })).plan
          : await planFor(deps, tenant, { runbook, parameters, environment, text, checks });
      const at = await requireTarget(db, caller.org, goal);
      await startRun(deps, db, {
        caller,
        goal: goal.id,
        project: at.project,
        plan,
        priority: 0,
        run: id,
        planner: { id: goal.actor, name: goal.actorName },
      });
      return requireRun(db, id);
    });
    deps.wakeWorkers();
    return run;
  });

  route(app, deps, api.goals.abandon, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      await requireGoal(db, caller.org, params.goal);
      const { id, name } = caller.actor;
      const at = new Date(deps.now()).toISOString();
      await abandonGoal(db, caller.org, params.goal, { at, by: { id, name }, reason: body.reason });
      return goalView(await requireGoal(db, caller.org, params.goal));
    }),
  );
}

type Creating = Pick<Call<typeof api.goals.create>, "body" | "caller" | "tx" | "demand">;

interface Read {
  understanding: Understanding;
  /** Null where something must still be said. */
  plan: Plan | null;
}

async function namesFor(db: ClientBase, { org }: Caller, project: string): Promise<KnownNames> {
  const id = await requireProject(db, org, project);
  const all = await listEnvironments(db, org);
  const environments = all.filter((one) => one.project === project).map(({ name }) => name);
  return { environments, names: await knownNames(db, org, id) };
}

/** Makes the plan of what was understood; what the runbook itself objects to becomes a question. */
async function checked(deps: ApiDeps, of: Tenant, understanding: Understanding, text: string): Promise<Read> {
  const { status, runbook, environment, parameters, checks } = understanding;
  if (status !== "ready" || runbook === null || environment === null) return { understanding, plan: null };
  try {
    return { understanding, plan: await planFor(deps, of, { runbook, parameters, environment, text, checks }) };
  } catch (error) {
    if (!(error instanceof GantryError) || error.fault !== "user") throw error;
    return { understanding: { ...understanding, status: "asks", missing: objectionsOf(error) }, plan: null };
  }
}

function objectionsOf(error: GantryError): Understanding["missing"] {
  const problems = (error.details["problems"] ?? []) as { path: string; message: string }[];
  const listed = error instanceof ParametersInvalidError && problems.length > 0;
  return (listed ? problems : [{ path: "runbook", message: error.message }]).map(({ path, message }) => ({
    name: path.split(".")[0] ?? "",
    question: message,
    reason: "invalid",
    options: [],
  }));
}

interface Tenant {
  db: ClientBase;
  org: string;
  /** By name. */
  project: string;
}

interface PlanWish {
  runbook: string;
  parameters: JsonObject;
  environment: string;
  text: string;
  checks: readonly AcceptanceCheck[];
}

async function planFor(deps: ApiDeps, { db, org, project: name }: Tenant, wish: PlanWish): Promise<Plan> {
  const { runbook, parameters, environment, text, checks } = wish;
  const found = await deps.findRunbook(db, org, runbook);
  const project = await requireProject(db, org, name);
  const variables = await variablesAt(db, { org, project, environment });
  const plan = makePlanOf(deps.catalog, found, { runbook, parameters, environment, goal: text, variables });
  return checks.length === 0 ? plan : checkDerivedPlan(await catalogOf(deps, db, org), withChecks(plan, checks));
}

function refusal(understanding: Understanding): GantryError {
  const details = understanding as unknown as JsonObject;
  if (understanding.status === "refused") return new GoalNotUnderstoodError(understanding.notes.join(" "), details);
  return new GoalUnclearError(
    understanding.missing.map(({ name, question }) => `${name}: ${question}`),
    details,
  );
}

interface Start {
  caller: Caller;
  goal: string;
  project: string;
  plan: Plan;
  priority: number;
  run: string;
  /** Whose goal it is, where somebody else tries it again. */
  planner?: { id: string; name: string };
}

async function startRun(
  deps: ApiDeps,
  db: ClientBase,
  { caller, goal, project, plan, priority, run, planner }: Start,
): Promise<void> {
  const { org, actor } = caller;
  await assertQuotas(db, { org, project, steps: plan.steps.length });
  const planners = planner === undefined || planner.id === actor.id ? [] : [{ role: "planner" as const, ...planner }];
  await createRun(db, {
    id: run,
    org,
    project,
    plan,
    planDigest: digestOf(plan),
    requester: actor,
    planners,
    priority,
    parent: null,
    at: deps.now(),
    queueLimit: deps.config.queueLimit,
  });
  await insertGoalRun(db, { org, goal, run });
}

async function viewWithRun(db: ClientBase, org: string, id: string) {
  const goal = goalView(await requireGoal(db, org, id));
  const [newest] = goal.runs;
  return { goal, run: newest === undefined ? null : await requireRun(db, newest.id) };
}

async function requireRun(db: ClientBase, id: string) {
  const row = await findRun(db, id);
  if (row === null) throw new NotFoundError();
  return runSummary(row);
}

async function requireGoal(db: ClientBase, org: string, id: string): Promise<GoalRow> {
  const row = await findGoal(db, org, id);
  if (row === null) throw new NotFoundError("No goal of that id");
  return row;
}

function goalView({ actor, actorName, createdAt, runs, checks, ...row }: GoalRow): GoalView {
  return {
    ...row,
    checks: checks as AcceptanceCheck[],
    requester: { id: actor, name: actorName },
    runs: runs.map((run) => ({ ...run, createdAt: new Date(run.createdAt).toISOString() })),
    createdAt: createdAt.toISOString(),
  };
}

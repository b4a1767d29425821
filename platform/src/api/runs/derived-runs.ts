import {
  checkDerivedPlan,
  checkPlan,
  digestOf,
  RunbookUnknownError,
  RunNotEndedError,
  type Origin,
  type Party,
  type Plan,
} from "@gantry/sdk";
import { api, type RunSummary } from "@gantry/sdk/api";
import { assertStands, forkPlan } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import { comparePlans } from "../../domain/compare-runs.ts";
import { differencesOf } from "../../domain/differences.ts";
import { storedContentOf } from "../../domain/stored-content.ts";
import { withChecksOf } from "../../planner/index.ts";
import { makePlanOf, type FoundRunbook } from "../../runbooks/index.ts";
import { createRun } from "../../store/journal/create-run.ts";
import { inheritGoal } from "../../store/plans/goals.ts";
import { missingBlobs } from "../../store/records/missing-blobs.ts";
import type { Queryable } from "../../store/organization.ts";
import { foldRun, type FoldedRun } from "../../store/journal/run-history.ts";
import { findRun, type RunRow } from "../../store/runs/run-list.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { assertQuotas } from "../../store/control/quotas.ts";
import {
  ForkSourceGoneError,
  NotFoundError,
  ParametersUnchangedError,
  RunHasNoRunbookError,
  RunNotDryError,
  RunbookVersionChangedError,
} from "../errors.ts";
import { CommandRefusedError } from "../http/problem.ts";
import { missingRun } from "./run-access.ts";
import { catalogOf } from "../plans/plan-catalog.ts";
import { route } from "../http/route.ts";
import { runSummary } from "./run-view.ts";
import { requireTarget } from "../http/target.ts";

/** Runs made from another one. The source is only read: it may be undone or looked at whatever becomes of the new run. */
export function derivedRunRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.real, async ({ params, body, caller, tx, id }) => {
    const summary = await tx(async (db) => {
      const source = await requireEnded(db, params.run);
      if (source.row.status !== "previewed") throw new RunNotDryError(params.run);
      const plan = checkDerivedPlan(await catalogOf(deps, db, caller.org), source.folded.plan);
      await assertFacts(db, plan);
      const origin = { kind: "dry_run" as const, run: params.run, step: null };
      return insertDerived(deps, db, { id, caller, source, plan, origin, priority: body.priority, dryRun: false });
    });
    deps.wakeWorkers();
    return summary;
  });

  route(app, deps, api.runs.fork, async ({ params, body, caller, tx, id }) => {
    const { priority, dryRun, ...request } = body;
    const answer = await tx(async (db) => {
      const source = await requireEnded(db, params.run);
      const { plan: draft, ...steps } = forkPlan(source.folded.state, request);
      const plan = checkDerivedPlan(await catalogOf(deps, db, caller.org), draft);
      await assertFacts(db, plan);
      const origin = { kind: "fork" as const, run: params.run, step: body.from };
      return { ...(await insertDerived(deps, db, { id, caller, source, plan, origin, priority, dryRun })), ...steps };
    });
    deps.wakeWorkers();
    return answer;
  });

  route(app, deps, api.runs.rerun, async ({ params, body, caller, tx, id }) => {
    const { priority, dryRun, goal } = body;
    const answer = await tx(async (db) => {
      const source = await requireEnded(db, params.run);
      const before = source.folded.plan;
      const parameters = { ...before.parameters, ...body.parameters };
      assertOutcomesKnown(source);
      const runbook = await findSameRunbook(deps, db, { org: caller.org, source });
      if (digestOf(parameters) === digestOf(before.parameters)) throw new ParametersUnchangedError(params.run);
      const request = { runbook: runbook.runbook.name, environment: before.environment, goal: goal ?? before.goal };
      const at = { project: source.row.project, environment: before.environment };
      const { project } = await requireTarget(db, caller.org, at);
      const variables = await variablesAt(db, { org: caller.org, ...at, project });
      const made = makePlanOf(deps.catalog, runbook, { ...request, parameters, variables });
      const plan = checkPlan(await catalogOf(deps, db, caller.org), withChecksOf(before, made));
      const origin = { kind: "retry" as const, run: params.run, step: null };
      const summary = await insertDerived(deps, db, { id, caller, source, plan, origin, priority, dryRun });
      const room = { left: 200, omitted: 0 };
      return {
        ...summary,
        parameters: differencesOf(before.parameters, parameters, room),
        plan: comparePlans(before, plan, room),
      };
    });
    deps.wakeWorkers();
    return answer;
  });
}

interface Source {
  row: RunRow;
  folded: FoldedRun;
}

/** Whose work the source was: who had a hand in it has one in whatever is made from it. */
function plannersOf({ folded: { state } }: Source, { actor }: Caller): Party[] {
  const all = [state.requester, ...state.parties].map(({ id, name }): Party => ({ role: "planner", id, name }));
  return all.filter(({ id }, index) => id !== actor.id && all.findIndex((one) => one.id === id) === index);
}

/** @throws NotFoundError, RunNotEndedError */
async function requireEnded(db: Queryable, run: string): Promise<Source> {
  const row = await findRun(db, run);
  const folded = row === null ? null : await foldRun(db, run);
  if (row === null || folded === null) throw await missingRun(db, run);
  if (folded.state.status === null) throw new RunNotEndedError(run, row.status);
  return { row, folded };
}

/**
 * Everything that the plan takes over still stands: not undone in the run that it is from, and what it left is stored.
 * @throws ForkStepUndoneError, ForkSourceGoneError
 */
async function assertFacts(db: Queryable, { facts = {} }: Plan): Promise<void> {
  const byRun = Map.groupBy(Object.entries(facts), ([, fact]) => fact.from.run);
  for (const [run, taken] of byRun) {
    const folded = await foldRun(db, run);
    for (const [step, { from }] of taken) {
      if (folded === null) throw new ForkSourceGoneError(step, `run ${run}`);
      assertStands(folded.state, from.step);
    }
  }
  const content = new Map(Object.entries(facts).map(([step, { output }]) => [step, storedContentOf(output)]));
  const missing = await missingBlobs(db, [...new Set([...content.values()].flatMap((digests) => [...digests]))]);
  for (const [step, digests] of content)
    for (const digest of digests) if (missing.has(digest)) throw new ForkSourceGoneError(step, digest);
}

/** @throws CommandRefusedError like a retry would be refused */
function assertOutcomesKnown({ folded: { state } }: Source): void {
  const unclear = [...state.steps.values()].find(({ status }) => status === "unknown");
  if (unclear === undefined) return;
  throw new CommandRefusedError({
    code: "outcome_unknown",
    message: `Nobody knows whether step ${unclear.key} took effect; settle it first, then retry.`,
    retryable: false,
  });
}

/** In the version that made the run's plan. @throws RunHasNoRunbookError, RunbookVersionChangedError */
async function findSameRunbook(
  deps: ApiDeps,
  db: Queryable,
  { org, source: { row, folded } }: { org: string; source: Source },
): Promise<FoundRunbook> {
  const { runbook } = folded.plan;
  if (runbook === null) throw new RunHasNoRunbookError(row.id);
  try {
    return await deps.findRunbook(db, org, `${runbook.name}@${runbook.version}`);
  } catch (error) {
    if (error instanceof RunbookUnknownError)
      throw new RunbookVersionChangedError(runbook.name, runbook.version, { cause: error });
    throw error;
  }
}

interface Derived {
  id: string;
  caller: Caller;
  source: Source;
  plan: Plan;
  origin: Origin;
  priority: number;
  dryRun: boolean;
}

async function insertDerived(
  deps: ApiDeps,
  db: Queryable,
  { id, caller, source, plan, ...rest }: Derived,
): Promise<RunSummary> {
  const at = { project: source.row.project, environment: plan.environment };
  const { project } = await requireTarget(db, caller.org, at);
  await assertQuotas(db, { org: caller.org, project, steps: plan.steps.length });
  await createRun(db, {
    id,
    org: caller.org,
    project,
    plan,
    planDigest: digestOf(plan),
    requester: caller.actor,
    planners: plannersOf(source, caller),
    parent: null,
    at: deps.now(),
    queueLimit: deps.config.queueLimit,
    ...rest,
  });
  // A fork was edited by hand, the checks of its goal perhaps too.
  if (!rest.dryRun && rest.origin.kind !== "fork") await inheritGoal(db, rest.origin.run, id);
  const row = await findRun(db, id);
  if (row === null) throw new NotFoundError();
  return runSummary(row);
}

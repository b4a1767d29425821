import { checkPlan, digestOf, type Plan } from "@gantry/sdk";
import { api, type CreateRun } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { makePlanOf } from "../../runbooks/index.ts";
import { createRun } from "../../store/journal/create-run.ts";
import { taintOfSame } from "../../store/plans/proposed-plans.ts";
import { assertQuotas } from "../../store/control/quotas.ts";
import { foldRun } from "../../store/journal/run-history.ts";
import { findRun, listRuns, type RunPosition, type RunRow } from "../../store/runs/run-list.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { isOfItsRunbook } from "../plans/proposals.ts";
import { createRunReader } from "./read-run.ts";
import { changeSetViews, runSummary } from "./run-view.ts";
import { missingRun } from "./run-access.ts";
import { catalogOf } from "../plans/plan-catalog.ts";
import { route, sent, type Call } from "../http/route.ts";
import { requireTarget } from "../http/target.ts";

export function runRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.create, async ({ body, caller, tx, id }) => {
    const plan = await planOf(deps, body, { caller, tx });
    const summary = await tx(async (db) => {
      const at = { project: body.project, environment: plan.environment };
      const { project } = await requireTarget(db, caller.org, at);
      await assertQuotas(db, { org: caller.org, project, steps: plan.steps.length });
      await createRun(db, {
        id,
        org: caller.org,
        project,
        plan,
        planDigest: digestOf(plan),
        requester: caller.actor,
        priority: body.priority,
        parent: null,
        dryRun: body.dryRun,
        at: deps.now(),
        queueLimit: deps.config.queueLimit,
      });
      return runSummary(await requireRow(db, id));
    });
    deps.wakeWorkers();
    return summary;
  });

  route(app, deps, api.runs.list, async ({ query, caller, tx }) => {
    const { limit, cursor, sort: order, ...filter } = query;
    const belongsTo = ["runs", caller.org, order, JSON.stringify(filter)];
    const after = cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as RunPosition);
    const found = await tx((db) => listRuns(db, caller.org, { filter, order, after, limit: limit + 1 }));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ row }) => runSummary(row)), next };
  });

  const readRun = createRunReader(deps);
  route(app, deps, api.runs.get, async ({ params, caller, reply }) => {
    const text = await readRun({ org: caller.org, run: params.run });
    void reply.type("application/json; charset=utf-8").send(text);
    return sent;
  });

  route(app, deps, api.runs.plan, async ({ params, tx }) => {
    return tx(async (db) => {
      const folded = await foldRun(db, params.run);
      if (folded === null) throw await missingRun(db, params.run);
      return folded.plan;
    });
  });

  route(app, deps, api.runs.changeSet, async ({ params, tx }) => {
    const folded = await tx((db) => foldRun(db, params.run));
    const newest = folded === null ? undefined : changeSetViews(folded).at(-1);
    if (newest === undefined) throw new NotFoundError();
    return newest;
  });
}

type Asking = Pick<Call<typeof api.runs.create>, "caller" | "tx">;

async function planOf(deps: ApiDeps, wanted: z.output<typeof CreateRun>, { caller, tx }: Asking): Promise<Plan> {
  if ("plan" in wanted) {
    const plan = checkPlan(await tx((db) => catalogOf(deps, db, caller.org)), wanted.plan);
    return tx(async (db) => {
      const { org } = caller;
      const { project } = await requireTarget(db, org, { project: wanted.project, environment: plan.environment });
      const own = await isOfItsRunbook(deps, plan, { db, org, project });
      const tainted = [...new Set([...(plan.tainted ?? []), ...(await taintOfSame(db, { org, plan }))])].slice(0, 100);
      return { ...plan, ...(!own && { runbook: null }), ...(tainted.length > 0 && { tainted }) };
    });
  }
  const { runbook, parameters, environment, project: name, goal } = wanted;
  const { found, variables } = await tx(async (db) => {
    const { project } = await requireTarget(db, caller.org, { project: name, environment });
    return {
      found: await deps.findRunbook(db, caller.org, runbook),
      variables: await variablesAt(db, { org: caller.org, project, environment }),
    };
  });
  const request = { runbook, parameters, environment, variables, ...(goal === undefined ? {} : { goal }) };
  return makePlanOf(deps.catalog, found, request);
}

async function requireRow(db: Parameters<typeof findRun>[0], id: string): Promise<RunRow> {
  const row = await findRun(db, id);
  if (row === null) throw await missingRun(db, id);
  return row;
}

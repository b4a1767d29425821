import { digestOf, type Plan } from "@gantry/sdk";
import { api, type CreateRun, type RunSummary } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { makePlanOf } from "../runbooks/index.ts";
import { createRun } from "../store/create-run.ts";
import { assertQuotas } from "../store/quotas.ts";
import { foldRun } from "../store/run-history.ts";
import { findRun, listDerived, listRuns, type RunPosition, type RunRow } from "../store/run-list.ts";
import { readCursor, signCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError } from "./errors.ts";
import { changeSetViews, runDetail } from "./run-view.ts";
import { missingRun } from "./run-access.ts";
import { route, type Call } from "./route.ts";
import { requireTarget } from "./target.ts";

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
    const { limit, cursor, ...given } = query;
    const { status = null, project = null, environment = null, runbook = null, dryRun = null } = given;
    const filter = { status, project, environment, runbook, dryRun };
    const belongsTo = ["runs", caller.org, filter];
    const after = cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as RunPosition);
    const found = await tx((db) => listRuns(db, caller.org, filter, after, limit + 1));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ row }) => runSummary(row)), next };
  });

  route(app, deps, api.runs.get, ({ params, tx }) =>
    tx(async (db) => {
      const summary = runSummary(await requireRow(db, params.run));
      const folded = await foldRun(db, params.run);
      if (folded === null) throw new NotFoundError();
      const derived = (await listDerived(db, params.run)).map(({ createdAt, ...one }) => ({
        ...one,
        createdAt: createdAt.toISOString(),
      }));
      return runDetail(summary, folded, derived);
    }),
  );

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
  if ("plan" in wanted) return deps.catalog.checkPlan(wanted.plan);
  const { runbook, parameters, environment, goal } = wanted;
  const found = await tx((db) => deps.findRunbook(db, caller.org, runbook));
  const request = { runbook, parameters, environment, ...(goal === undefined ? {} : { goal }) };
  return makePlanOf(deps.catalog, found, request);
}

async function requireRow(db: Parameters<typeof findRun>[0], id: string): Promise<RunRow> {
  const row = await findRun(db, id);
  if (row === null) throw await missingRun(db, id);
  return row;
}

export function runSummary(row: RunRow): RunSummary {
  const { actor, actorName, parent, parentStep, originKind, originRun, originStep, planDigest: _, ...frame } = row;
  const { createdAt, updatedAt, finishedAt, ...rest } = frame;
  return {
    ...rest,
    requester: { id: actor, name: actorName },
    parent: parent === null ? null : { run: parent, step: parentStep ?? "" },
    origin: originKind === null || originRun === null ? null : { kind: originKind, run: originRun, step: originStep },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

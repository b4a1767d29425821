import { digestOf, type Origin, type Plan } from "@gantry/sdk";
import { api, type RunSummary } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { createRun } from "../store/create-run.ts";
import type { Queryable } from "../store/organization.ts";
import { foldRun, type FoldedRun } from "../store/run-history.ts";
import { findRun, type RunRow } from "../store/run-list.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { NotFoundError, RunNotDryError, RunNotEndedError } from "./errors.ts";
import { route } from "./route.ts";
import { runSummary } from "./runs.ts";
import { requireTarget } from "./target.ts";

/** Runs made from another one. The source is only read: it may be undone or looked at whatever becomes of the new run. */
export function derivedRunRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.real, async ({ params, body, caller, tx, id }) => {
    const summary = await tx(async (db) => {
      const source = await requireEnded(db, params.run);
      if (source.row.status !== "previewed") throw new RunNotDryError(params.run);
      const plan = deps.catalog.checkPlan(source.folded.plan);
      const origin = { kind: "dry_run" as const, run: params.run, step: null };
      return insertDerived(deps, db, { id, caller, source, plan, origin, priority: body.priority, dryRun: false });
    });
    deps.wakeWorkers();
    return summary;
  });
}

interface Source {
  row: RunRow;
  folded: FoldedRun;
}

/** @throws NotFoundError, RunNotEndedError */
async function requireEnded(db: Queryable, run: string): Promise<Source> {
  const row = await findRun(db, run);
  const folded = row === null ? null : await foldRun(db, run);
  if (row === null || folded === null) throw new NotFoundError();
  if (folded.state.status === null) throw new RunNotEndedError(run, row.status);
  return { row, folded };
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
  await createRun(db, {
    id,
    org: caller.org,
    project,
    plan,
    planDigest: digestOf(plan),
    requester: caller.actor,
    parent: null,
    at: deps.now(),
    queueLimit: deps.config.queueLimit,
    ...rest,
  });
  const row = await findRun(db, id);
  if (row === null) throw new NotFoundError();
  return runSummary(row);
}

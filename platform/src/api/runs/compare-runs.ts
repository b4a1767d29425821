import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { compareRuns, type ComparedRun } from "../../domain/compare-runs.ts";
import type { Queryable } from "../../store/organization.ts";
import { foldRun } from "../../store/journal/run-history.ts";
import { findRun } from "../../store/runs/run-list.ts";
import type { ApiDeps } from "../deps.ts";
import { missingRun } from "./run-access.ts";
import { route } from "../http/route.ts";
import { runSummary } from "./run-view.ts";

export function comparisonRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.compare, async ({ params, tx }) => {
    const [a, b] = await tx(async (db) => [await readRun(db, params.run), await readRun(db, params.other)] as const);
    return compareRuns(a, b, deps.now());
  });
}

/** @throws NotFoundError */
async function readRun(db: Queryable, id: string): Promise<ComparedRun> {
  const row = await findRun(db, id);
  const folded = row === null ? null : await foldRun(db, id);
  if (row === null || folded === null) throw await missingRun(db, id);
  return { summary: runSummary(row), state: folded.state, events: folded.events };
}

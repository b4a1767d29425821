import { api, type WorkerView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { drainWorker } from "../../store/journal/sessions.ts";
import { findWorker, listWorkers, type WorkerRow } from "../../store/journal/worker-list.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

export function workerRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.workers.list, async ({ tx }) => {
    const workers = await tx(listWorkers);
    return { items: workers.map(view), next: null };
  });

  for (const [endpoint, wanted] of [
    [api.workers.drain, true],
    [api.workers.resume, false],
  ] as const) {
    route(app, deps, endpoint, async ({ params, caller, tx }) => {
      const { worker } = params;
      const found = await tx(async (db) => {
        await drainWorker(db, worker, wanted);
        return findWorker(db, worker);
      });
      if (found === null) throw new NotFoundError();
      deps.log.warn({ worker, actor: caller.actor.id, wanted }, "A worker was told whether to take work");
      deps.wakeWorkers();
      return view(found);
    });
  }
}

function view({ startedAt, beatAt, drainedAt, ...worker }: WorkerRow): WorkerView {
  return {
    ...worker,
    startedAt: startedAt.toISOString(),
    beatAt: beatAt.toISOString(),
    drainedAt: drainedAt?.toISOString() ?? null,
  };
}

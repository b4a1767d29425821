import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { listWorkers } from "../store/worker-list.ts";
import type { ApiDeps } from "./deps.ts";
import { route } from "./route.ts";

export function workerRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.workers.list, async ({ tx }) => {
    const workers = await tx(listWorkers);
    const items = workers.map(({ startedAt, beatAt, ...worker }) => ({
      ...worker,
      startedAt: startedAt.toISOString(),
      beatAt: beatAt.toISOString(),
    }));
    return { items, next: null };
  });
}

import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import * as real from "../../platform/src/api/access/access.ts";
import type { Caller } from "../../platform/src/api/access/caller.ts";

export * from "../../platform/src/api/access/access.ts";

export function createAccess(pool: Pool): real.Access {
  return { ...real.createAccess(pool), precheck: () => {}, check: async () => [] };
}

/** Whoever comes first is who everybody is. */
export function guardRoutes(...[app, access, , findSender]: Parameters<typeof real.guardRoutes>): void {
  let caller: Caller | undefined;
  const everybody: FastifyInstance = app.decorate("access", access).decorateRequest("caller", null);
  everybody.addHook("onRequest", async (request) => {
    if (request.headers.authorization !== undefined) request.caller = caller ??= await findSender(request);
  });
}

import { api, type LimitView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { deleteLimit, listLimits, putLimit, type LimitRow } from "../../store/control/limits.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

export function limitRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.limits.set, async ({ body, caller, tx, id }) => {
    const { kind, tool = null, connection = null, amount, perMs = null } = body;
    const stored = await tx(async (db) => {
      const place = await placeOf(db, caller.org, body, "body");
      const limit = { ...place, id, kind, tool, connection, amount, perMs, actor: caller.actor.name };
      const limitId = await putLimit(db, limit);
      return (await listLimits(db, caller.org)).find((one) => one.id === limitId);
    });
    if (stored === undefined) throw new NotFoundError();
    deps.wakeWorkers();
    return view(stored);
  });

  route(app, deps, api.limits.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listLimits(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.limits.remove, async ({ params, caller, tx }) => {
    if (!(await tx((db) => deleteLimit(db, caller.org, params.limit)))) throw new NotFoundError();
    deps.wakeWorkers();
  });
}

function view({ updatedAt, ...row }: LimitRow): LimitView {
  return { ...row, updatedAt: updatedAt.toISOString() };
}

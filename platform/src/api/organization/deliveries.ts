import { api, type DeliveryView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  findDelivery,
  listDeliveries,
  replayDeliveries,
  type DeliveryPosition,
  type DeliveryRow,
} from "../../store/organization/deliveries.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

export function deliveryRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.deliveries.list, async ({ query, caller, tx }) => {
    const { limit, cursor, subscription = null, status = null, run = null } = query;
    const filter = { subscription, status, run };
    const belongsTo = ["deliveries", caller.org, filter];
    const after =
      cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as DeliveryPosition);
    const found = await tx((db) => listDeliveries(db, caller.org, filter, after, limit + 1));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ row }) => deliveryView(row)), next };
  });

  route(app, deps, api.deliveries.get, async ({ params, caller, tx }) => {
    const found = await tx((db) => findDelivery(db, caller.org, params.delivery));
    if (found === null) throw new NotFoundError("No delivery");
    return deliveryView(found);
  });

  route(app, deps, api.deliveries.replay, async ({ body, caller, tx }) => ({
    replayed: await tx((db) => replayDeliveries(db, caller.org, body.deliveries)),
  }));
}

export function deliveryView(row: DeliveryRow): DeliveryView {
  const { id, subscriptionName, kind, run, status, attempts, notice, answer } = row;
  return {
    id,
    subscription: subscriptionName,
    kind,
    run: notice.run === null ? null : run,
    sentence: notice.sentence,
    status,
    attempts,
    dueAt: row.dueAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    answer,
  };
}

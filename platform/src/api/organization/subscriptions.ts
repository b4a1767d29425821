import { api, type SubscriptionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { testNotice } from "../../notifications/index.ts";
import { findDelivery, insertTestDelivery } from "../../store/organization/deliveries.ts";
import { ensureCursor } from "../../store/organization/notification-cursors.ts";
import type { Queryable } from "../../store/organization.ts";
import {
  deleteSubscription,
  insertSubscription,
  listSubscriptions,
  pauseSubscription,
  type SubscriptionListRow,
} from "../../store/organization/subscriptions.ts";
import { deliveryView } from "./deliveries.ts";
import { requireScope } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NameTakenError, NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";
import { requireProject, requireTarget } from "../http/target.ts";

/** Who is told what. The API only keeps subscriptions; what is sent, and with which secrets, is not its to do. */
export function subscriptionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { subscriptions } = api;

  route(app, deps, subscriptions.create, async ({ body, caller, tx, id }) => {
    if ("privateAddresses" in body.destination && body.destination.privateAddresses === true)
      requireScope(caller, "admin:everywhere");
    return tx(async (db) => {
      const { name, kinds, destination, quietHours } = body;
      const place = await placeOf(db, caller.org, body);
      await ensureCursor(db, caller.org);
      const actor = caller.actor.name;
      const created = await insertSubscription(db, {
        org: caller.org,
        id,
        name,
        ...place,
        kinds,
        destination,
        quietHours,
        actor,
      });
      if (!created) throw new NameTakenError("a subscription", name);
      return view(await require(db, caller.org, name));
    });
  });

  route(app, deps, subscriptions.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listSubscriptions(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, subscriptions.get, ({ params, caller, tx }) =>
    tx(async (db) => view(await require(db, caller.org, params.subscription))),
  );

  route(app, deps, subscriptions.delete, async ({ params, caller, tx }) => {
    const existed = await tx((db) => deleteSubscription(db, caller.org, params.subscription));
    if (!existed) throw new NotFoundError("No subscription");
  });

  for (const [endpoint, paused] of [
    [subscriptions.pause, true],
    [subscriptions.resume, false],
  ] as const) {
    route(app, deps, endpoint, ({ params, caller, tx }) =>
      tx(async (db) => {
        await pauseSubscription(db, caller.org, params.subscription, paused ? caller.actor.name : null);
        return view(await require(db, caller.org, params.subscription));
      }),
    );
  }

  route(app, deps, subscriptions.test, ({ params, caller, tx, id }) =>
    tx(async (db) => {
      const subscription = await require(db, caller.org, params.subscription);
      const notice = testNotice(subscription.name, caller.actor.name, deps.now());
      await insertTestDelivery(db, caller.org, { id, subscription: subscription.id, notice });
      const delivery = await findDelivery(db, caller.org, id);
      if (delivery === null) throw new NotFoundError();
      return deliveryView(delivery);
    }),
  );
}

async function placeOf(
  db: Queryable,
  org: string,
  { project, environment }: { project?: string | undefined; environment?: string | undefined },
): Promise<{ project: string | null; environment: string | null }> {
  if (project === undefined) {
    if (environment === undefined) return { project: null, environment: null };
    throw new InvalidRequestError([{ path: "project", message: "an environment needs its project" }]);
  }
  if (environment === undefined) return { project: await requireProject(db, org, project), environment: null };
  return { project: (await requireTarget(db, org, { project, environment })).project, environment };
}

async function require(db: Queryable, org: string, name: string): Promise<SubscriptionListRow> {
  const [row] = await listSubscriptions(db, org, name);
  if (row === undefined) throw new NotFoundError("No subscription");
  return row;
}

function view(row: SubscriptionListRow): SubscriptionView {
  const { id, name, projectName, environment, kinds, destination, quietHours, actor, pending, dead } = row;
  return {
    id,
    name,
    project: projectName,
    environment,
    kinds,
    destination,
    quietHours,
    paused: row.pausedAt === null ? null : { since: row.pausedAt.toISOString(), by: row.pausedBy ?? "" },
    actor,
    createdAt: row.createdAt.toISOString(),
    pending,
    dead,
  };
}

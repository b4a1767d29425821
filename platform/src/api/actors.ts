import { api, type ActorView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findActor, insertActor, listActors, type ActorRow } from "../store/actors.ts";
import type { ApiDeps } from "./deps.ts";
import { NameTakenError } from "./errors.ts";
import { route } from "./route.ts";

export function actorRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.actors.create, async ({ body, caller, tx, id }) => {
    const created = await tx(async (db) => {
      const row = await insertActor(db, { ...body, id, org: caller.org });
      // A repeat under the same idempotency key finds the one that it created.
      return row ?? (await findActor(db, id));
    });
    if (created === null) throw new NameTakenError("an actor", body.name);
    return view(created);
  });

  route(app, deps, api.actors.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listActors(db, caller.org))).map(view),
    next: null,
  }));
}

function view({ createdAt, disabledAt, ...actor }: ActorRow): ActorView {
  return { ...actor, createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null };
}

import { api, type ActorView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  findActor,
  insertActor,
  listActors,
  setDisabled,
  updateActor,
  type ActorRow,
} from "../../store/access/actors.ts";
import { assertRoom } from "../../store/control/quotas.ts";
import { putBinding } from "../../store/access/role-bindings.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { assertMayGive, assertMayManage, keepingAnOwner } from "./grant-rules.ts";
import { route } from "../http/route.ts";

export function actorRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.actors.create, async ({ body, caller, tx, id }) => {
    const { roles = body.groups.length > 0 ? (["approver"] as const) : (["viewer"] as const), ...actor } = body;
    const everywhere = { project: null, environment: null };
    for (const role of roles) assertMayGive(caller, { role, ...everywhere });
    const created = await tx(async (db) => {
      if (actor.kind === "user") await assertRoom(db, caller.org, "members");
      const row = await insertActor(db, { ...actor, id, org: caller.org, owner: caller.actor.id });
      const binding = { org: caller.org, actor: id, team: null, grantedBy: caller.actor.id, expiresAt: null };
      if (row !== null)
        for (const role of roles) await putBinding(db, { id: deps.newId(), role, ...binding, ...everywhere });
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

  route(app, deps, api.actors.get, ({ params, tx }) => tx(async (db) => found(await findActor(db, params.actor))));

  route(app, deps, api.actors.edit, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const before = found(await findActor(db, params.actor));
      await assertMayManage(db, caller, before.id);
      const { name = before.name, groups = before.groups } = body;
      if (!(await updateActor(db, { org: caller.org, id: before.id, name, groups })))
        throw new NameTakenError("an actor", name);
      return found(await findActor(db, before.id));
    }),
  );

  route(app, deps, api.actors.disable, ({ params, caller, tx }) =>
    tx(async (db) => {
      found(await findActor(db, params.actor));
      await assertMayManage(db, caller, params.actor);
      return keepingAnOwner(db, caller.org, async () => found(await setDisabled(db, params.actor, true)));
    }),
  );

  route(app, deps, api.actors.enable, ({ params, caller, tx }) =>
    tx(async (db) => {
      await assertMayManage(db, caller, params.actor);
      const { kind, disabledAt } = found(await findActor(db, params.actor));
      if (kind === "user" && disabledAt !== null) await assertRoom(db, caller.org, "members");
      return found(await setDisabled(db, params.actor, false));
    }),
  );
}

/** @throws NotFoundError */
function found(row: ActorRow | null): ActorView {
  if (row === null) throw new NotFoundError();
  return view(row);
}

function view({ createdAt, disabledAt, ...actor }: ActorRow): ActorView {
  return { ...actor, createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null };
}

import { api, type ServiceAccountView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { insertActor } from "../../store/access/actors.ts";
import {
  bindRoles,
  disableServiceAccount,
  findServiceAccount,
  listServiceAccounts,
  type ServiceAccountRow,
} from "../../store/access/service-accounts.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { assertMayGive, assertMayManage } from "./grant-rules.ts";
import { route } from "../http/route.ts";

export function serviceAccountRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.serviceAccounts.create, async ({ body, caller, tx, id }) => {
    for (const role of body.roles) assertMayGive(caller, { role, project: null, environment: null });
    const { name, groups, roles } = body;
    const created = await tx(async (db) => {
      const row = await insertActor(db, { id, org: caller.org, kind: "service", name, groups, owner: caller.actor.id });
      if (row !== null)
        await bindRoles(db, { org: caller.org, actor: id, roles, grantedBy: caller.actor.id }, deps.newId);
      // A repeat under the same idempotency key finds the one that it created.
      return findServiceAccount(db, id);
    });
    if (created === null) throw new NameTakenError("an actor", name);
    return view(created);
  });

  route(app, deps, api.serviceAccounts.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listServiceAccounts(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.serviceAccounts.disable, async ({ params, caller, tx }) => {
    const row = await tx(async (db) => {
      await assertMayManage(db, caller, params.account);
      await disableServiceAccount(db, params.account);
      return findServiceAccount(db, params.account);
    });
    if (row === null) throw new NotFoundError();
    return view(row);
  });
}

function view({ createdAt, disabledAt, ...account }: ServiceAccountRow): ServiceAccountView {
  return { ...account, createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null };
}

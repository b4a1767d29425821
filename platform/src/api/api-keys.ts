import { api, type ApiKeyView, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findActor } from "../store/actors.ts";
import { insertApiKey, listApiKeys, revokeApiKey, type ApiKeyRow } from "../store/api-keys.ts";
import { createApiKey } from "./api-key.ts";
import { requireScope } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { ActorUnknownError, NotFoundError } from "./errors.ts";
import { assertMayManage } from "./grant-rules.ts";
import { route } from "./route.ts";

export function apiKeyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const create = async (call: Parameters<Parameters<typeof route<typeof api.apiKeys.create>>[3]>[0]) => {
    const { body, caller, tx, id } = call;
    // Nobody hands out more than they have where it reaches beyond the organization.
    if (body.scopes.includes("admin:everywhere")) requireScope(caller, "admin:everywhere");
    const { key, prefix, hash } = createApiKey();
    const row = await tx(async (db) => {
      const actor = await findActor(db, body.actor ?? caller.actor.id);
      if (actor === null || actor.disabledAt !== null) throw new ActorUnknownError(body.actor ?? caller.actor.id);
      await assertMayManage(db, caller, actor.id);
      const expiresAt = body.expiresAt === null ? null : new Date(body.expiresAt);
      return insertApiKey(db, { id, org: caller.org, actor: actor.id, prefix, hash, scopes: body.scopes, expiresAt });
    });
    return { ...view(row), key };
  };
  route(app, deps, api.apiKeys.create, create, { sealAnswer: true });

  route(app, deps, api.apiKeys.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listApiKeys(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.apiKeys.revoke, async ({ params, tx }) => {
    const row = await tx((db) => revokeApiKey(db, params.key));
    if (row === null) throw new NotFoundError();
    return view(row);
  });
}

function view(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id,
    actor: { id: row.actor, name: row.actorName },
    prefix: row.prefix,
    scopes: row.scopes as Scope[],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}

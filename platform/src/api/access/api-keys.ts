import { api, type ApiKeyView, type Scope } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findActor } from "../../store/access/actors.ts";
import { insertApiKey, listApiKeys, retireApiKey, revokeApiKey, type ApiKeyRow } from "../../store/access/api-keys.ts";
import { createApiKey } from "./api-key.ts";
import { requireToGive } from "./caller.ts";
import { assertRoom } from "../../store/control/quotas.ts";
import type { ApiDeps } from "../deps.ts";
import { ActorUnknownError, InvalidRequestError, NotFoundError } from "../errors.ts";
import { assertMayManage } from "./grant-rules.ts";
import { route } from "../http/route.ts";

const dayMs = 86_400_000;

export function apiKeyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const create = async (call: Parameters<Parameters<typeof route<typeof api.apiKeys.create>>[3]>[0]) => {
    const { body, caller, tx, id } = call;
    requireToGive(caller, body.scopes);
    const expiresAt = expiryOf(body.expiresAt);
    const { key, prefix, hash } = createApiKey();
    const row = await tx(async (db) => {
      const actor = await findActor(db, body.actor ?? caller.actor.id);
      if (actor === null || actor.disabledAt !== null) throw new ActorUnknownError(body.actor ?? caller.actor.id);
      await assertMayManage(db, caller, actor.id);
      const { name, scopes } = body;
      await assertRoom(db, caller.org, "keys");
      return insertApiKey(db, { id, org: caller.org, actor: actor.id, name, prefix, hash, scopes, expiresAt });
    });
    return { ...view(row), key };
  };
  route(app, deps, api.apiKeys.create, create, { sealAnswer: true });

  const rotate = async (call: Parameters<Parameters<typeof route<typeof api.apiKeys.rotate>>[3]>[0]) => {
    const { params, body, caller, tx, id } = call;
    const { key, prefix, hash } = createApiKey();
    const row = await tx(async (db) => {
      const old = await retireApiKey(db, { id: params.key, to: id, overlapSeconds: body.overlapSeconds });
      if (old === null) throw new NotFoundError();
      requireToGive(caller, old.scopes as Scope[]);
      await assertMayManage(db, caller, old.actor);
      const { actor, name, scopes } = old;
      return insertApiKey(db, { id, org: caller.org, actor, name, prefix, hash, scopes, expiresAt: expiryOf(null) });
    });
    return { ...view(row), key };
  };
  route(app, deps, api.apiKeys.rotate, rotate, { sealAnswer: true });

  /** Every key ends some day. @throws InvalidRequestError */
  function expiryOf(wanted: string | null): Date {
    const latest = new Date(deps.now() + deps.config.apiKeyDays * dayMs);
    if (wanted === null) return latest;
    const given = new Date(wanted);
    if (given <= latest) return given;
    const message = `is more than ${deps.config.apiKeyDays} days away, the most that this installation allows`;
    throw new InvalidRequestError([{ path: "expiresAt", message }]);
  }

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
    name: row.name,
    actor: { id: row.actor, name: row.actorName },
    prefix: row.prefix,
    scopes: row.scopes as Scope[],
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}

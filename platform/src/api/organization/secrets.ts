import { api, type SecretView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  deleteSecret,
  listSecrets,
  listSecretVersions,
  putSecret,
  restoreSecretVersion,
  type SecretMetadata,
} from "../../secrets/index.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf, type Place } from "../http/place.ts";
import { route } from "../http/route.ts";

/** Values go in and never come out: only the worker that runs a step can read them. */
export function secretRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.secrets.list, async ({ query, caller, tx }) => {
    const found = await tx(async (db) => listSecrets(db, await placeOf(db, caller.org, query)));
    return { items: found.map((one) => view(one, query)), next: null };
  });

  route(app, deps, api.secrets.put, async ({ params, query, body, caller, tx }) => {
    await deps.keys.prepare(caller.org);
    const stored = await tx(async (db) => {
      const scope = await placeOf(db, caller.org, query);
      const secret = { ...scope, name: params.name, ...body, actor: caller.actor.name };
      await putSecret({ tx: db, keys: deps.keys }, secret);
      return (await listSecrets(db, scope)).find(({ name }) => name === params.name);
    });
    if (stored === undefined) throw new NotFoundError();
    return view(stored, query);
  });

  route(app, deps, api.secrets.versions, async ({ params, query, caller, tx }) => {
    const found = await tx(async (db) =>
      listSecretVersions(db, { ...(await placeOf(db, caller.org, query)), name: params.name }),
    );
    if (found.length === 0) throw new NotFoundError();
    return { items: found.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() })), next: null };
  });

  route(app, deps, api.secrets.restore, async ({ params, query, body, caller, tx }) => {
    const stored = await tx(async (db) => {
      const scope = await placeOf(db, caller.org, query);
      const found = await restoreSecretVersion(db, { ...scope, name: params.name, version: body.version });
      return found ? (await listSecrets(db, scope)).find(({ name }) => name === params.name) : undefined;
    });
    if (stored === undefined) throw new NotFoundError();
    return view(stored, query);
  });

  route(app, deps, api.secrets.delete, async ({ params, query, caller, tx }) => {
    const existed = await tx(async (db) => deleteSecret(db, { ...(await placeOf(db, caller.org, query)), ...params }));
    if (!existed) throw new NotFoundError();
  });
}

function view(
  { name, version, createdAt, updatedAt, actor, lastUsedAt, rotateBy }: SecretMetadata,
  place: Place,
): SecretView {
  return {
    name,
    project: place.project ?? null,
    environment: place.environment ?? null,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    actor,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    rotateBy: rotateBy?.toISOString() ?? null,
  };
}

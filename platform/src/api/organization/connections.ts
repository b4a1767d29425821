import { api, type ConnectionCheck, type ConnectionTest, type ConnectionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { findSecret } from "../../secrets/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import {
  deleteConnection,
  findConnection,
  listConnections,
  nearestConnection,
  putConnection,
  type ConnectionRow,
} from "../../store/organization/connections.ts";
import { inOrganization } from "../../store/organization.ts";
import { whoOf } from "../http/audit-call.ts";
import type { ApiDeps } from "../deps.ts";
import { requireScope } from "../access/caller.ts";
import { InvalidRequestError, NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

/** How tools reach things. Credentials are names of secrets; values go nowhere near here. */
export function connectionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.connections.put, async ({ params, query, body, caller, tx, id }) => {
    const { privateAddresses } = body.settings;
    // An organization's administrator mustn't find out what lies in the installation's own network.
    if (privateAddresses !== undefined) requireScope(caller, "admin:everywhere");
    if (privateAddresses !== undefined && privateAddresses !== "allow")
      throw new InvalidRequestError([{ path: "settings.privateAddresses", message: "must be allow, or not be there" }]);
    // A model's key is sent where its address says, also by a test: who could name any address for it could read it there.
    if (body.kind === "model" && body.settings["url"] !== undefined && Object.keys(body.secrets).length > 0)
      requireScope(caller, "secrets");
    const stored = await tx(async (db) => {
      const at = { ...(await placeOf(db, caller.org, query)), name: params.connection };
      await putConnection(db, { ...at, ...body, id, actor: caller.actor.name });
      return findConnection(db, at);
    });
    if (stored === null) throw new NotFoundError();
    deps.wakeWorkers();
    return view(stored);
  });

  route(app, deps, api.connections.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listConnections(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.connections.get, async ({ params, query, caller, tx }) => {
    const found = await tx(async (db) =>
      nearestConnection(db, { ...(await placeOf(db, caller.org, query)), name: params.connection }),
    );
    if (found === null) throw new NotFoundError();
    return view(found);
  });

  route(app, deps, api.connections.test, async ({ params, query, caller, request, tx }) => {
    const began = deps.now();
    const { at, found } = await tx(async (db) => {
      const place = await placeOf(db, caller.org, query);
      return { at: place, found: await nearestConnection(db, { ...place, name: params.connection }) };
    });
    if (found === null) throw new NotFoundError();
    const checks = await deps.tryConnection(found, (name) => tx((db) => findSecret(db, { ...at, name })));
    const result = {
      connection: view(found),
      outcome: outcomeOf(checks),
      checks,
      at: new Date(began).toISOString(),
      ms: Math.round(deps.now() - began),
    };
    const { connection, outcome } = result;
    const { project, environment, kind } = connection;
    await inOrganization(deps.pool, caller.org, (db) =>
      writeAudit(db, {
        id: deps.newId(),
        ...whoOf(caller, request),
        action: api.connections.test.id,
        target: { ...params, project, environment },
        details: { kind, outcome },
      }),
    );
    return result;
  });

  route(app, deps, api.connections.remove, async ({ params, query, caller, tx }) => {
    const existed = await tx(async (db) =>
      deleteConnection(db, { ...(await placeOf(db, caller.org, query)), name: params.connection }),
    );
    if (!existed) throw new NotFoundError();
    deps.wakeWorkers();
  });
}

function outcomeOf(checks: readonly ConnectionCheck[]): ConnectionTest["outcome"] {
  if (checks.some(({ outcome }) => outcome === "failed")) return "failed";
  const reached = checks.some(({ what, outcome }) => outcome === "passed" && !what.startsWith("secret "));
  return reached ? "reached" : "untried";
}

function view({
  name,
  project,
  environment,
  kind,
  settings,
  secrets,
  actor,
  updatedAt,
}: ConnectionRow): ConnectionView {
  return { name, project, environment, kind, settings, secrets, actor, updatedAt: updatedAt.toISOString() };
}

import { isDeepStrictEqual } from "node:util";
import { api, type McpServerView, type McpToolView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  changesOf,
  McpApprovalByPersonError,
  McpNoSignInError,
  McpSignInByPersonError,
  McpToolStaleError,
  shown,
  shownValue,
  toolNameOf,
  warningsOf,
} from "../../mcp/index.ts";
import { resolveSecret } from "../../secrets/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import {
  approveMcpTool,
  deleteMcpServer,
  findMcpServer,
  letPeopleSignIn,
  listMcpServers,
  listMcpTools,
  putMcpServer,
  revokeMcpTool,
  type McpOauth,
  type McpServerRow,
  type McpToolRow,
} from "../../store/agents/mcp.ts";
import { inOrganization } from "../../store/organization.ts";
import type { Queryable } from "../../store/queryable.ts";
import { whoOf } from "../http/audit-call.ts";
import { requireScope } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

const lookMs = 60_000;

/** Servers of the Model Context Protocol: where they are, what they have, and what a person approved of it. */
export function mcpServerRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.mcpServers.put, async ({ params, body, caller, tx }) => {
    // A program runs on the installation's hosts, and a secret goes where the address says.
    if (body.transport === "stdio") requireScope(caller, "admin:everywhere");
    if (Object.keys(body.secrets).length > 0 || ("oauth" in body && body.oauth !== null))
      requireScope(caller, "secrets");
    const { org, actor } = caller;
    const setup = body.transport === "http" ? { ...noProgram, ...body } : { url: null, oauth: null, ...body };
    const before = await inOrganization(deps.pool, org, (db) => findMcpServer(db, org, params.server));
    // Tokens for what it was are no good for what it becomes.
    if (before?.signIn && (before.url !== setup.url || !isDeepStrictEqual(before.oauth, setup.oauth)))
      await deps.mcpSignIns.forget(org, params.server);
    return tx(async (db) => {
      await putMcpServer(db, { ...setup, org, name: params.server, actor: actor.name });
      return serverView(await requireServer(db, org, params.server));
    });
  });

  route(app, deps, api.mcpServers.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listMcpServers(db, caller.org))).map(serverView),
  }));

  route(app, deps, api.mcpServers.get, ({ params, caller, tx }) =>
    tx(async (db) => serverView(await requireServer(db, caller.org, params.server))),
  );

  route(app, deps, api.mcpServers.tools, ({ params, caller, tx }) =>
    tx(async (db) => {
      await requireServer(db, caller.org, params.server);
      return { items: await toolViews(db, caller.org, params.server) };
    }),
  );

  route(app, deps, api.mcpServers.test, async ({ params, caller, request, tx }) => {
    const { org } = caller;
    const setup = await tx((db) => requireServer(db, org, params.server));
    const gone = new AbortController();
    const stop = (): void => gone.abort(new DOMException("Whoever asked is gone.", "AbortError"));
    request.raw.socket.once("close", stop);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(lookMs)]);
    const problem = await deps.lookAtMcp(setup, signal).finally(() => request.raw.socket.off("close", stop));
    return inOrganization(deps.pool, org, async (db) => {
      const outcome = problem?.code ?? "reached";
      const target = { server: params.server };
      const action = api.mcpServers.test.id;
      await writeAudit(db, { id: deps.newId(), ...whoOf(caller, request), action, target, details: { outcome } });
      return serverView(await requireServer(db, org, params.server));
    });
  });

  route(app, deps, api.mcpServers.approve, async ({ params, body, caller, tx }) => {
    // What a tool may do from then on is somebody's word, and no program's.
    if (caller.actor.kind !== "user") throw new McpApprovalByPersonError(params.server);
    const { org, actor } = caller;
    return tx(async (db) => {
      await requireServer(db, org, params.server);
      for (const one of body.tools) {
        const approved = await approveMcpTool(db, { org, server: params.server, ...one, actor: actor.name });
        if (!approved) throw new McpToolStaleError(params.server, one.name);
      }
      return { items: await toolViews(db, org, params.server) };
    });
  });

  route(app, deps, api.mcpServers.revoke, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      await requireServer(db, caller.org, params.server);
      for (const name of body.tools) await revokeMcpTool(db, caller.org, params.server, name);
      return { items: await toolViews(db, caller.org, params.server) };
    }),
  );

  route(app, deps, api.mcpServers.signIn, async ({ params, caller, request, tx }) => {
    requireScope(caller, "secrets");
    const { org, actor } = caller;
    const { server, oauth, person } = await tx(async (db) => {
      const found = await requireServer(db, org, params.server);
      if (actor.kind !== "user" || caller.person === null) throw new McpSignInByPersonError(found.name);
      const own = signInOf(found);
      if (found.oauth === null) await letPeopleSignIn(db, org, found.name, own);
      return { server: found, oauth: own, person: caller.person };
    });
    const origins = deps.signIn.origins();
    const origin = origins.of(request.host) ?? origins.main;
    const secret = async (name: string): Promise<string> => {
      const place = { org, project: null, environment: null, name };
      return (await inOrganization(deps.pool, org, (db) => resolveSecret({ tx: db, keys: deps.keys }, place))).value;
    };
    const begun = await deps.mcpSignIns.begin({ server, oauth, person, actor: actor.name, origin, secret });
    return { address: begun.address, expiresAt: begun.expiresAt.toISOString() };
  });

  route(app, deps, api.mcpServers.signOut, async ({ params, caller, tx }) => {
    const { org } = caller;
    await tx((db) => requireServer(db, org, params.server));
    await deps.mcpSignIns.forget(org, params.server);
    return inOrganization(deps.pool, org, async (db) => serverView(await requireServer(db, org, params.server)));
  });

  route(app, deps, api.mcpServers.remove, async ({ params, caller, tx }) => {
    const before = await inOrganization(deps.pool, caller.org, (db) => findMcpServer(db, caller.org, params.server));
    if (before?.signIn) await deps.mcpSignIns.forget(caller.org, params.server);
    const existed = await tx((db) => deleteMcpServer(db, caller.org, params.server));
    if (!existed) throw new NotFoundError();
  });
}

/** Also of a server that was added by its address alone. @throws McpNoSignInError */
function signInOf({ name, url, oauth, secrets }: McpServerRow): McpOauth {
  if (url === null) throw new McpNoSignInError(name, "it is a program");
  if (oauth?.by === "program") throw new McpNoSignInError(name, "it is signed in to as a program");
  if (oauth !== null) return oauth;
  if (Object.keys(secrets).length > 0) throw new McpNoSignInError(name, "it is given a secret instead");
  return { by: "person", issuer: null, client: null, secret: null, scope: null };
}

const noProgram = { command: null, args: [], env: {}, network: false };

async function requireServer(db: Queryable, org: string, name: string): Promise<McpServerRow> {
  const found = await findMcpServer(db, org, name);
  if (found === null) throw new NotFoundError();
  return found;
}

function serverView({ server, lookedAt, updatedAt, approved, waiting, signIn, ...row }: McpServerRow): McpServerView {
  const { name, transport, url, command, args, env, secrets, oauth, network, actor, problem, protocol } = row;
  return {
    name,
    transport,
    url,
    command,
    args,
    env,
    secrets,
    oauth,
    network,
    actor,
    problem,
    protocol,
    signIn: signIn && {
      ...signIn,
      at: timestamp(signIn.at),
      endsAt: timestamp(signIn.endsAt),
      begunUntil: timestamp(signIn.begunUntil),
    },
    updatedAt: updatedAt.toISOString(),
    lookedAt: lookedAt?.toISOString() ?? null,
    says: server as McpServerView["says"],
    tools: { approved, waiting },
  };
}

/** The database writes them otherwise in JSON. */
function timestamp(given: string | null): string | null {
  return given === null ? null : new Date(given).toISOString();
}

async function toolViews(db: Queryable, org: string, server: string): Promise<McpToolView[]> {
  return (await listMcpTools(db, org, server)).flatMap(toolView);
}

function toolView({ server, name, found, foundDigest, approved, approvedDigest, ...row }: McpToolRow): McpToolView[] {
  const definition = found ?? approved;
  if (definition === null) return [];
  const { title, description, inputSchema, outputSchema, annotations } = definition;
  const { effect, approvedBy, approvedAt } = row;
  const changed = found !== null && approved !== null && foundDigest !== approvedDigest;
  return [
    {
      tool: toolNameOf(server, name),
      name: shown(name, 200),
      title: title === null ? null : shown(title, 500),
      description: description === null ? null : shown(description, 16_000),
      inputSchema: shownValue(inputSchema) as McpToolView["inputSchema"],
      outputSchema: shownValue(outputSchema) as McpToolView["outputSchema"],
      annotations: shownValue(annotations) as McpToolView["annotations"],
      state: found === null ? "gone" : approved === null ? "new" : changed ? "changed" : "approved",
      digest: foundDigest,
      effect,
      approvedBy,
      approvedAt: approvedAt?.toISOString() ?? null,
      changes: changed ? changesOf(approved, found) : [],
      warnings: warningsOf(definition),
    },
  ];
}

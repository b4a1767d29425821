import { api, type McpServerView, type McpToolView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  changesOf,
  McpApprovalByPersonError,
  McpToolStaleError,
  shown,
  shownValue,
  toolNameOf,
  warningsOf,
} from "../../mcp/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import {
  approveMcpTool,
  deleteMcpServer,
  findMcpServer,
  listMcpServers,
  listMcpTools,
  putMcpServer,
  revokeMcpTool,
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
    return tx(async (db) => {
      const setup = body.transport === "http" ? { ...noProgram, ...body } : { url: null, oauth: null, ...body };
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

  route(app, deps, api.mcpServers.remove, async ({ params, caller, tx }) => {
    const existed = await tx((db) => deleteMcpServer(db, caller.org, params.server));
    if (!existed) throw new NotFoundError();
  });
}

const noProgram = { command: null, args: [], env: {}, network: false };

async function requireServer(db: Queryable, org: string, name: string): Promise<McpServerRow> {
  const found = await findMcpServer(db, org, name);
  if (found === null) throw new NotFoundError();
  return found;
}

function serverView({ server, lookedAt, updatedAt, approved, waiting, ...row }: McpServerRow): McpServerView {
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
    updatedAt: updatedAt.toISOString(),
    lookedAt: lookedAt?.toISOString() ?? null,
    says: server as McpServerView["says"],
    tools: { approved, waiting },
  };
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

import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type Resource,
  ResourceNotFoundError,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { ApiError } from "../client/errors.ts";
import { safeLine, safeText } from "../safe-text.ts";
import { complete } from "./complete.ts";
import type { McpDeps } from "./deps.ts";
import { safeValue } from "./safe-value.ts";

interface Kind {
  name: string;
  title: string;
  description: string;
  template: `gantry://${string}`;
  /** A value as JSON, a text as Markdown; null: there is none. */
  read(name: string, signal: AbortSignal): Promise<object | string | null>;
  complete?: (value: string) => Promise<string[]>;
}

/** References that the server shows, besides a page per error. */
export const pages = ["cli", "configuration", "errors", "events", "exit-codes"] as const;

/** What can be read, as `gantry://…`. Runs are listed page by page behind everything else. */
export function registerResources(server: McpServer, deps: McpDeps): void {
  for (const kind of kindsOf(deps)) register(server, kind);
  server.server.setRequestHandler("resources/list", async ({ params }) => {
    const after = params?.cursor;
    if (after === undefined) return { resources: await firstPage(deps), nextCursor: firstRuns };
    return runsPage(deps, after);
  });
}

function kindsOf(deps: McpDeps): Kind[] {
  const { client, readPage } = deps;
  const { run, runbook, agent } = complete(deps);
  return [
    {
      name: "run",
      title: "Run",
      description: "A run: its status, steps, attempts and change sets.",
      template: "gantry://runs/{name}",
      read: (id) => client.runs.get(id),
      complete: run,
    },
    {
      name: "plan",
      title: "Plan of a run",
      description: "The plan that a run carries out, whole.",
      template: "gantry://runs/{name}/plan",
      read: (id) => client.runs.plan(id),
      complete: run,
    },
    {
      name: "change-set",
      title: "Change set of a run",
      description: "What an approval of the run approves: previews, risk, what is touched, how it is undone.",
      template: "gantry://runs/{name}/change-set",
      read: (id) => client.runs.changeSet(id),
      complete: run,
    },
    {
      name: "runbook",
      title: "Runbook",
      description: "A runbook, with the JSON Schema of its parameters.",
      template: "gantry://runbooks/{name}",
      read: (name) => client.runbooks.get(name),
      complete: runbook,
    },
    {
      name: "agent",
      title: "Agent",
      description: "An agent with its tools and runbooks.",
      template: "gantry://agents/{name}",
      read: async (name) => (await client.agents.list()).items.find((one) => one.name === name) ?? null,
      complete: agent,
    },
    {
      name: "page",
      title: "Page of the documentation",
      description: "A reference of Gantry.",
      template: "gantry://docs/{name}",
      read: (page, signal) => (isPage(page) ? readPage(`/docs/${page}`, signal) : Promise.resolve(null)),
      complete: async (value) => pages.filter((one) => one.startsWith(value)),
    },
    {
      name: "error",
      title: "Error",
      description: "What the code of an error means and what to do.",
      template: "gantry://errors/{name}",
      read: (code, signal) => (/^[a-z0-9_]+$/.test(code) ? readPage(`/errors/${code}`, signal) : Promise.resolve(null)),
    },
  ];
}

function isPage(name: string): name is (typeof pages)[number] {
  return (pages as readonly string[]).includes(name);
}

function register(server: McpServer, { name, title, description, template, read, complete: find }: Kind): void {
  const callbacks = { list: undefined, ...(find === undefined ? {} : { complete: { name: find } }) };
  const mimeType = name === "page" || name === "error" ? "text/markdown" : "application/json";
  const config = { title, description, mimeType };
  server.registerResource(
    name,
    new ResourceTemplate(template, callbacks),
    config,
    async (uri, variables, { mcpReq }) => {
      const wanted = decoded(String(variables["name"]));
      if (wanted === null) throw new ResourceNotFoundError(uri.href);
      const found = await read(wanted, mcpReq.signal).catch((error: unknown) => {
        if (error instanceof ApiError && (error.status === 404 || error.code === "invalid_request")) return null;
        if (error instanceof ApiError)
          throw new ProtocolError(ProtocolErrorCode.InvalidRequest, safeText(`${error.code}: ${error.message}`));
        throw error;
      });
      if (found === null) throw new ResourceNotFoundError(uri.href);
      const text = typeof found === "string" ? safeText(found) : JSON.stringify(safeValue(found));
      if (text.length > mostCharacters)
        throw new ProtocolError(
          ProtocolErrorCode.InvalidRequest,
          `${uri.href} is larger than ${mostCharacters} characters.`,
        );
      return { contents: [{ uri: uri.href, mimeType, text }] };
    },
  );
}

/** Null: it isn't what an address may hold. */
function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

const mostCharacters = 1_000_000;

/** All but the runs. */
async function firstPage({ client }: McpDeps): Promise<Resource[]> {
  const [runbooks, agents] = await Promise.all([client.runbooks.list(), client.agents.list()]);
  const json = "application/json";
  return [
    ...runbooks.items.map(({ name, title, description }) => ({
      uri: `gantry://runbooks/${encodeURIComponent(name)}`,
      name,
      title: safeLine(title),
      ...(description === null ? {} : { description: safeText(description) }),
      mimeType: json,
    })),
    ...agents.items.map(({ name, title }) => ({
      uri: `gantry://agents/${encodeURIComponent(name)}`,
      name,
      title: safeLine(title),
      mimeType: json,
    })),
    ...pages.map((name) => ({ uri: `gantry://docs/${name}`, name, mimeType: "text/markdown" })),
  ];
}

/** Cursors are the API's own, which are signed, behind this. */
const firstRuns = "runs";

async function runsPage({ client }: McpDeps, cursor: string): Promise<{ resources: Resource[]; nextCursor?: string }> {
  const [kind, after] = [cursor.slice(0, firstRuns.length), cursor.slice(firstRuns.length + 1)];
  const page = await (kind === firstRuns
    ? client.runs.list({ limit: 50, ...(after === "" ? {} : { cursor: after }) }).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 400) return null;
        throw error;
      })
    : null);
  if (page === null)
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, "That cursor isn't one that this list gave; begin anew.");
  const resources = page.items.map(({ id, goal, status, environment, createdAt }) => ({
    uri: `gantry://runs/${id}`,
    name: id,
    title: safeLine(goal).slice(0, 200),
    description: `${status}, in ${environment}, since ${createdAt}`,
    mimeType: "application/json",
  }));
  return { resources, ...(page.next === null ? {} : { nextCursor: `${firstRuns} ${page.next}` }) };
}

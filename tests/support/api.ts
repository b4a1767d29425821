import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { checkPlan, defineAgent, defineRunbook, defineTool, makePlan } from "@gantry/sdk";
import type { Scope } from "@gantry/sdk/api";
import { ApiError, createClient, type Client } from "@gantry/sdk/client";
import { z } from "zod";
import { createApiKey } from "../../platform/src/api/api-key.ts";
import {
  createApi,
  defaultApiConfig,
  ensureFirstOrganization,
  type ApiConfig,
  type ApiDeps,
} from "../../platform/src/api/index.ts";
import { createDatabaseInspection } from "../../platform/src/boot/inspect-database.ts";
import { createBlobStore, createPostgresBackend, type BlobStore } from "../../platform/src/blobs/index.ts";
import { createCatalog } from "../../platform/src/catalog/index.ts";
import { connect } from "../../platform/src/postgres/index.ts";
import { createPolicy } from "../../platform/src/policy/index.ts";
import { loadOrCreateKeyring, type Keyring } from "../../platform/src/secrets/index.ts";
import { eventsChannel, workChannel } from "../../platform/src/store/notify.ts";
import { newId, startTestEngine, type TestEngine } from "./engine.ts";
import { silentLog } from "./log.ts";
import type { MemoryTool } from "./memory-runner.ts";

export interface TestApi extends AsyncDisposable {
  url: string;
  engine: TestEngine;
  /** As the API's role. */
  pool: pg.Pool;
  keyring: Keyring;
  blobs: BlobStore;
  /** The organization "default", with the administrator that its first start made. */
  org: string;
  project: string;
  key: string;
  client: Client;
  app: Awaited<ReturnType<typeof createApi>>;
  /** A further person of an organization, with a key. */
  addPerson(name: string, options?: { org?: string; groups?: string[]; scopes?: Scope[] }): Promise<Person>;
  /** A second organization with an administrator. */
  addTenant(name: string): Promise<Person & { org: string; project: string }>;
  request(path: string, init?: RequestInit & { key?: string }): Promise<Response>;
}

export interface Person {
  actor: string;
  key: string;
  client: Client;
}

const everything: Scope[] = ["read", "run", "approve", "secrets", "admin"];

const input = z.looseObject({});
const tool = (name: `test.${string}`, effect: "reads" | "changes") =>
  defineTool({
    name,
    version: "1.0.0",
    title: name,
    effect,
    input,
    output: input,
    run: async (given) => given,
    ...(effect === "changes" ? { undo: async () => ({ summary: "undone" }) } : {}),
  });
const look = tool("test.look", "reads");
const change = tool("test.change", "changes");

/** What the API of these tests offers; workers run the same tools in memory. */
const agent = defineAgent({
  name: "test",
  version: "1.0.0",
  title: "Test agent",
  instructions: "Does what tests need.",
  packageUrl: new URL("../fixtures/agent/", import.meta.url).href,
  tools: [look, change] as never,
  runbooks: [
    defineRunbook({
      name: "test.look",
      version: "1.0.0",
      title: "Look around",
      parameters: z.object({ at: z.string().default("here") }),
      plan: (plan, { at }) => void plan.step("look", look, { at }),
    }),
    defineRunbook({
      name: "test.change",
      version: "1.0.0",
      title: "Change something",
      description: "Changes one thing.",
      parameters: z.object({ to: z.string() }),
      plan: (plan, { to }) => void plan.step("change", change, { to }),
    }),
  ],
});

export const memoryTools: MemoryTool[] = [
  { name: "test.look", run: ({ input: given }) => given },
  {
    name: "test.change",
    effect: "changes",
    run: ({ input: given }) => given,
    undo: () => ({ summary: "undone", left: [] }),
  },
];

/** The API on a real socket, its roles of a real database, and workers when a test starts them. */
export async function startTestApi(
  options: { config?: Partial<ApiConfig>; deps?: Partial<ApiDeps>; tools?: MemoryTool[] } = {},
): Promise<TestApi> {
  const policy = createPolicy();
  const engine = await startTestEngine({
    tools: options.tools ?? memoryTools,
    assess: (facts) => policy(facts, { protection: facts.environment === "dev" ? "open" : "guarded" }).decision,
  });
  const directory = await mkdtemp(join(tmpdir(), "gantry-api-"));
  const keyring = await loadOrCreateKeyring(join(directory, "platform.key"));
  const pool = connect(engine.database.apiUrl, { name: "test-api", max: 8, log: silentLog });
  const blobs = createBlobStore({ pool, keyring, backends: [createPostgresBackend(pool)] });
  const catalog = await createCatalog([agent]);
  const first = await ensureFirstOrganization({ pool: engine.db, newId });
  const listeners = new Set<() => void>();
  const listener = new pg.Client({ connectionString: engine.database.engineUrl });
  listener.on("error", () => {});
  await listener.connect();
  await listener.query(`LISTEN ${eventsChannel}`);
  listener.on("notification", () => listeners.forEach((one) => one()));

  const app = await createApi({
    pool,
    catalog: {
      agents: catalog.agents,
      runbooks: catalog.runbooks,
      makePlan: (request) => makePlan(catalog, request),
      checkPlan: (candidate) => checkPlan(catalog, candidate),
    },
    assess: (facts, environment) => policy(facts, environment),
    keyring,
    blobs,
    inspectDatabase: createDatabaseInspection({ engineUrl: engine.database.engineUrl, directory }),
    wakeWorkers: () => void engine.db.query(`NOTIFY ${workChannel}`).catch(() => {}),
    onEvents: (one) => {
      listeners.add(one);
      return () => listeners.delete(one);
    },
    now: Date.now,
    newId,
    log: silentLog,
    config: { ...defaultApiConfig, version: "0.0.0", pollMs: 50, closeGraceMs: 500, ...options.config },
    ...options.deps,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const clientOf = (key: string) => createClient({ url, key, tries: 1 });

  const addPerson: TestApi["addPerson"] = async (name, { org = first.org, groups = [], scopes = everything } = {}) => {
    const actor = newId();
    const { key, prefix, hash } = createApiKey();
    await engine.admin.query("INSERT INTO actors (id, org, kind, name, groups) VALUES ($1, $2, 'user', $3, $4)", [
      actor,
      org,
      name,
      groups,
    ]);
    await engine.admin.query(
      "INSERT INTO api_keys (id, org, actor, prefix, hash, scopes) VALUES ($1, $2, $3, $4, $5, $6)",
      [newId(), org, actor, prefix, hash, scopes],
    );
    return { actor, key, client: clientOf(key) };
  };
  const { key } = first;
  if (key === null) throw new Error("The database of a test has its organization already.");

  return {
    url,
    engine,
    pool,
    keyring,
    blobs,
    org: first.org,
    project: first.project,
    key,
    client: clientOf(key),
    app,
    addPerson,
    async addTenant(name) {
      const [org, project] = [newId(), newId()];
      await engine.admin.query("INSERT INTO organizations (org, name) VALUES ($1, $2)", [org, name]);
      await engine.admin.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'default')", [project, org]);
      await engine.admin.query(
        "INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'dev', 'open'), ($1, $2, 'staging', 'guarded')",
        [org, project],
      );
      return { org, project, ...(await addPerson(`administrator of ${name}`, { org })) };
    },
    request: (path, { key: other, ...init } = {}) =>
      fetch(new URL(path, url), {
        ...init,
        headers: { authorization: `Bearer ${other ?? key}`, ...(init.headers as Record<string, string>) },
      }),
    async [Symbol.asyncDispose]() {
      await app.close();
      await listener.end();
      await pool.end();
      await engine[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The status and code that a call is refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<[number, string]> {
  const error = await call.then(
    () => new Error("The call was not refused."),
    (cause: unknown) => cause as Error,
  );
  if (!(error instanceof ApiError)) throw error;
  return [error.status, error.code];
}

import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { defineAgent, defineRunbook, defineTool } from "@gantry/sdk";
import { createLookAtMcp, createMcpSignIns, createMcpTools, createTokensOf } from "../../platform/src/mcp/index.ts";
import type { Role, Scope } from "@gantry/sdk/api";
import { ApiError, createClient, type Client } from "@gantry/sdk/client";
import { z } from "zod";
import { createApiKey } from "../../platform/src/api/access/api-key.ts";
import {
  applyProvider,
  createApi,
  defaultApiConfig,
  ensureFirstOrganization,
  type ApiConfig,
  type ApiDeps,
} from "../../platform/src/api/index.ts";
import { createSignIn, type SignIn, type SignInDeps, type SignInMail } from "../../platform/src/auth/index.ts";
import { createBlobPlace } from "../../platform/src/boot/blob-place.ts";
import { createDatabaseInspection } from "../../platform/src/boot/inspect-database.ts";
import { createBlobStore, createPostgresBackend, type BlobStore } from "../../platform/src/blobs/index.ts";
import { createTryConnection } from "../../platform/src/connections/index.ts";
import { createReaders } from "../../platform/src/live-answers/index.ts";
import { createModels } from "../../platform/src/models/index.ts";
import { createAddressGuard } from "../../platform/src/outgoing/index.ts";
import { createCatalog } from "../../platform/src/catalog/index.ts";
import { readConfig } from "../../platform/src/config.ts";
import { connect } from "../../platform/src/postgres/index.ts";
import { createFindRunbook } from "../../platform/src/runbooks/index.ts";
import { createPolicy } from "../../platform/src/policy/index.ts";
import { createRateLimiter } from "../../platform/src/rate-limits/index.ts";
import {
  createEncryption,
  createKeyEncryption,
  loadOrCreateKeyring,
  type Keyring,
  type OrganizationKeys,
} from "../../platform/src/secrets/index.ts";
import { createSigner } from "../../platform/src/signing/index.ts";
import { eventsChannel, workChannel } from "../../platform/src/store/journal/notify.ts";
import { databaseTime } from "../../platform/src/store/plans/triggers.ts";
import { triggerParts } from "../../platform/src/boot/start-triggers.ts";
import { handleDue, type LsRemote } from "../../platform/src/triggers/index.ts";
import { newId, quiet, startTestEngine, type TestEngine } from "./engine.ts";
import { openTestKeys } from "./keys.ts";
import { silentLog } from "./log.ts";
import type { MemoryTool } from "./memory-runner.ts";

export interface TestApi extends AsyncDisposable {
  url: string;
  engine: TestEngine;
  /** What sign-in sent. */
  mails: SignInMail[];
  signIn: SignIn;
  /** As the API's role. */
  pool: pg.Pool;
  keyring: Keyring;
  keys: OrganizationKeys;
  keyFile: string;
  blobs: BlobStore;
  /** The organization "default", with the administrator that its first start made. */
  org: string;
  project: string;
  key: string;
  client: Client;
  /** Handles what is due of triggers at that moment of a clock of the test's; the database's own time unless given. */
  handleDue(at?: string | number, lsRemote?: LsRemote): Promise<void>;
  app: Awaited<ReturnType<typeof createApi>>;
  /** A further person of an organization, with a key. */
  addPerson(
    name: string,
    options?: { org?: string; groups?: string[]; scopes?: Scope[]; roles?: TestRole[] },
  ): Promise<Person>;
  /** A second organization with an administrator. */
  addTenant(name: string): Promise<Person & { org: string; project: string }>;
  /** A second server on the same database, which keeps nothing in common with the first. */
  another(): Promise<{ url: string } & AsyncDisposable>;
  request(path: string, init?: RequestInit & { key?: string }): Promise<Response>;
}

/** A role in the organization, or at a place of it: ids of projects. */
export type TestRole = Role | { role: Role; project: string; environment?: string };

export interface Person {
  actor: string;
  key: string;
  client: Client;
}

/** Tests ask more often than anybody, all from one address, and none of them waits. */
const patient = {
  version: "0.0.0",
  pollMs: 50,
  closeGraceMs: 500,
  addressRequestsPerMinute: 1_000_000,
  signInsPerMinute: 1_000_000,
};

/** What somebody needs to use all that a scope of their key allows. */
const roleOf: Record<Scope, Role> = {
  read: "viewer",
  run: "operator",
  approve: "approver",
  secrets: "security",
  runbooks: "author",
  admin: "admin",
  "admin:everywhere": "owner",
};
const everything: Scope[] = ["read", "run", "approve", "secrets", "runbooks", "admin"];

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
const swap = defineTool({
  ...change.spec,
  name: "test.swap",
  title: "test.swap",
  preview: async ({ to }) => swapped(to as string),
});
const swapped = (to: string) => ({
  summary: `now ${to}`,
  effect: "changes" as const,
  counts: { add: 0, change: 1, destroy: 0 },
  touches: [to],
  undo: { possible: true, how: "It is swapped back.", limits: [] },
});

/** What the API of these tests offers; workers run the same tools in memory. */
const agent = defineAgent({
  name: "test",
  version: "1.0.0",
  title: "Test agent",
  instructions: "Does what tests need.",
  packageUrl: new URL("../fixtures/agent/", import.meta.url).href,
  tools: [look, change, swap] as never,
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
    defineRunbook({
      name: "test.swap",
      version: "1.0.0",
      title: "Look, swap, and look again",
      parameters: z.object({ to: z.string(), size: z.number().default(1) }),
      plan: (plan, { to, size }) => {
        const before = plan.step("before", look, { at: to, size });
        const done = plan.step("swap", swap, { to, size: before.output.size });
        plan.step("after", look, { at: done.output.to }, { after: [done] });
      },
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
  {
    name: "test.swap",
    effect: "changes",
    preview: ({ input: given }) => swapped((given as { to: string }).to),
    run: ({ input: given }) => given,
    undo: () => ({ summary: "undone", left: [] }),
  },
];

/** The API on a real socket, its roles of a real database, and workers when a test starts them. */
export async function startTestApi(
  options: {
    config?: Partial<ApiConfig>;
    deps?: Partial<ApiDeps>;
    signIn?: Partial<SignInDeps>;
    tools?: MemoryTool[];
  } = {},
): Promise<TestApi> {
  const policy = createPolicy();
  const engine = await startTestEngine({
    tools: options.tools ?? memoryTools,
    assess: (facts, own) =>
      policy(facts, { protection: facts.environment === "dev" ? "open" : "guarded" }, own).decision,
  });
  const directory = await mkdtemp(join(tmpdir(), "gantry-api-"));
  const keyFile = join(directory, "platform.key");
  const keyring = await loadOrCreateKeyring(keyFile);
  const keys = await openTestKeys(engine.db, keyFile);
  const pool = connect(engine.database.apiUrl, { name: "test-api", max: 8, log: silentLog });
  const backends = [createPostgresBackend(pool)] as const;
  const blobs = createBlobStore({ pool, keys, backends });
  const catalog = await createCatalog([agent]);
  const first = await ensureFirstOrganization({ pool: engine.db, newId });
  if (first === null) throw new Error("The database of a test has its organization already.");
  const listeners = new Set<() => void>();
  const listener = new pg.Client({ connectionString: engine.database.engineUrl });
  listener.on("error", () => {});
  await listener.connect();
  await listener.query(`LISTEN ${eventsChannel}`);
  listener.on("notification", () => listeners.forEach((one) => one()));

  const guard = createAddressGuard(["127.0.0.0/8"]);
  const signInDeps = { pool: engine.db, keys, guard, now: Date.now };
  const mcp = { guard, version: "0.0.0", talk: null, tokensOf: createTokensOf(signInDeps) };
  const mcpTools = createMcpTools(mcp);
  const triggers = triggerParts({ catalog, mcpTools });
  const authPool = connect(engine.database.authUrl, {
    name: "test-auth",
    max: 4,
    settings: { search_path: "auth,public" },
    log: silentLog,
  });
  const limiter = createRateLimiter({ pool, now: Date.now, log: silentLog });
  const mails: SignInMail[] = [];
  let address = "http://localhost";
  const signIn = createSignIn({
    pool: authPool,
    key: keyring.deriveKey("sign-in"),
    config: { sessionSeconds: 3_600, idleSeconds: 600, passwordMinimum: 12, signInsPerMinute: 1_000 },
    url: () => address,
    providers: [],
    onProviderSignIn: (signedIn) => applyProvider({ pool: engine.db, newId }, signedIn),
    breachListUrl: null,
    sendsMail: true,
    sendMail: async (mail) => void mails.push(mail),
    newId,
    now: Date.now,
    log: silentLog,
    ...options.signIn,
  });
  const models = createModels({ pool: engine.db, keys, guard, now: Date.now, random: Math.random, newId });
  const deps: ApiDeps = {
    pool,
    authPool,
    signIn,
    catalog,
    lookAtMcp: createLookAtMcp({ ...mcp, pool: engine.db, keys }),
    mcpSignIns: createMcpSignIns(signInDeps),
    mcpTools,
    findRunbook: createFindRunbook(catalog, mcpTools),
    assess: policy,
    tryConnection: createTryConnection({ guard }),
    models,
    triggers,
    keyring,
    keys,
    encryption: createEncryption({ pool: engine.db, keys, keyEncryption: createKeyEncryption({ keyring }) }),
    signer: createSigner({ pool, keyring, now: Date.now }),
    limiter,
    certificate: null,
    blobs,
    blobPlace: createBlobPlace({ pool: engine.db, backends, s3: undefined, now: Date.now }),
    inspectDatabase: createDatabaseInspection({ engineUrl: engine.database.engineUrl, directory }),
    readers: createReaders({ tell: async () => {} }),
    findExample: async () => null,
    configuration: readConfig({ GANTRY_DATABASE_URL: engine.database.engineUrl }).view,
    wakeWorkers: () => void engine.db.query(`NOTIFY ${workChannel}`).catch(() => {}),
    onEvents: (one) => {
      listeners.add(one);
      return () => listeners.delete(one);
    },
    now: Date.now,
    newId,
    log: silentLog,
    config: { ...defaultApiConfig, ...patient, ...options.config },
    ...options.deps,
  };
  const app = await createApi(deps);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const scheme = deps.certificate === null ? "http" : "https";
  const url = `${scheme}://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  address = url;
  const clientOf = (key: string) => createClient({ url, key, tries: 1 });

  const addPerson: TestApi["addPerson"] = async (
    name,
    { org = first.org, groups = [], scopes = everything, roles = scopes.map((scope) => roleOf[scope]) } = {},
  ) => {
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
    for (const one of roles) {
      const { role, project = null, environment = null } = typeof one === "string" ? { role: one } : one;
      await engine.admin.query(
        "INSERT INTO role_bindings (org, id, role, actor, project, environment) VALUES ($1, $2, $3, $4, $5, $6)",
        [org, newId(), role, actor, project, environment],
      );
    }
    return { actor, key, client: clientOf(key) };
  };
  const { key } = first;

  return {
    url,
    mails,
    signIn,
    engine,
    pool,
    keyring,
    keys,
    keyFile,
    blobs,
    org: first.org,
    project: first.project,
    key,
    client: clientOf(key),
    app,
    handleDue: (at, lsRemote) =>
      handleDue({
        ...triggers,
        pool: engine.db,
        lsRemote: lsRemote ?? null,
        time: at === undefined ? databaseTime : async () => new Date(at).getTime(),
        newId,
        queueLimit: 1_000,
        wakeWorkers: () => void engine.db.query(`NOTIFY ${workChannel}`).catch(() => {}),
        log: quiet,
      }),
    addPerson,
    async addTenant(name) {
      const [org, project] = [newId(), newId()];
      await engine.admin.query("INSERT INTO organizations (org, name) VALUES ($1, $2)", [org, name]);
      await engine.admin.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'default')", [project, org]);
      await engine.admin.query(
        "INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'dev', 'open'), ($1, $2, 'staging', 'guarded')",
        [org, project],
      );
      const owner = await addPerson(`administrator of ${name}`, { org });
      await engine.admin.query("INSERT INTO role_bindings (org, id, role, actor) VALUES ($1, $2, 'owner', $3)", [
        org,
        newId(),
        owner.actor,
      ]);
      return { org, project, ...owner };
    },
    async another() {
      const own = connect(engine.database.apiUrl, { name: "test-api-2", max: 4, log: silentLog });
      const itsLimiter = createRateLimiter({ pool: own, now: Date.now, log: silentLog });
      const second = await createApi({ ...deps, pool: own, limiter: itsLimiter });
      return {
        url: await second.listen({ host: "127.0.0.1", port: 0 }),
        async [Symbol.asyncDispose]() {
          await second.close();
          await itsLimiter.close();
          await own.end();
        },
      };
    },
    request: (path, { key: other, ...init } = {}) =>
      fetch(new URL(path, url), {
        ...init,
        headers: { authorization: `Bearer ${other ?? key}`, ...(init.headers as Record<string, string>) },
      }),
    async [Symbol.asyncDispose]() {
      await app.close();
      models.close();
      await listener.end();
      await limiter.close();
      await authPool.end();
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

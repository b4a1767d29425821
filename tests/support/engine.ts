import { hostname } from "node:os";
import pg from "pg";
import { digestOf, Plan, Step, type Actor, type Decision, type Json, type RunEvent } from "@gantry/sdk";
import type { PolicyFacts } from "@gantry/sdk/core";
import { createOwnRules } from "../../platform/src/boot/own-rules.ts";
import { createWorker, workerDefaults, type Worker, type WorkerDeps } from "../../platform/src/engine/index.ts";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import type { OwnRules } from "../../platform/src/policy/index.ts";
import { createRun } from "../../platform/src/store/journal/create-run.ts";
import { readOutcome, sendMessage, type Message } from "../../platform/src/store/journal/inbox.ts";
import { eventsChannel, workChannel } from "../../platform/src/store/journal/notify.ts";
import { createMemoryRunner, factsOf, type MemoryRunner, type MemoryTool } from "./memory-runner.ts";
import { createTestSigner } from "./signer.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";

export const newId = createUuidV7();
export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface TestOrganization {
  org: string;
  project: string;
  requester: Actor;
  approver: Actor;
}

export interface TestWorker extends Worker {
  runner: MemoryRunner;
}

export interface WorkerOptions {
  config?: Partial<WorkerDeps["config"]>;
  runner?: MemoryRunner;
  planSubRun?: WorkerDeps["planSubRun"];
  onCommitted?: NonNullable<WorkerDeps["onCommitted"]>;
  signer?: WorkerDeps["signer"];
}

/** A database with one organization, and as many workers in this process as the test starts; real Postgres, tools in memory. */
export interface TestEngine extends AsyncDisposable {
  database: TestDatabase;
  /** As the engine's role. */
  db: pg.Pool;
  /** Past row-level security, to arrange and to look with. */
  admin: pg.Pool;
  organization: TestOrganization;
  addOrganization(name: string): Promise<TestOrganization>;
  startWorker(options?: WorkerOptions): Promise<TestWorker>;
  plan(steps: readonly object[], rest?: Partial<Plan>): Plan;
  submit(
    plan: Plan,
    options?: { organization?: TestOrganization; priority?: number; queueLimit?: number; dryRun?: boolean },
  ): Promise<string>;
  send(run: string, message: Message, actor?: Actor): Promise<string>;
  /** The answer that the sender of a message gets; waits for it. */
  outcome(message: string): Promise<Json>;
  status(
    run: string,
  ): Promise<{ status: string; waiting: Json; owner: string | null; error: Json; fence: number; seq: number }>;
  events(run: string): Promise<RunEvent[]>;
  types(run: string): Promise<string[]>;
  /** Resolves as soon as the run has the status, looking whenever events are announced. */
  reaches(run: string, ...statuses: string[]): Promise<string>;
  until<T>(check: () => Promise<T | undefined | false>): Promise<T>;
}

export interface TestEngineOptions {
  tools: readonly MemoryTool[];
  /** What policy says; by default everything is allowed. */
  assess?: (facts: PolicyFacts, own?: OwnRules) => Partial<Decision>;
  /** One that was filled already, and is let go of at the end; a fresh one unless given. */
  database?: TestDatabase;
}

export async function startTestEngine({ tools, assess, database: filled }: TestEngineOptions): Promise<TestEngine> {
  const database = filled ?? (await createTestDatabase());
  const open = (connectionString: string): pg.Pool => new pg.Pool({ connectionString, max: 4 }).on("error", () => {});
  const db = open(database.engineUrl);
  const admin = open(database.superuserUrl);
  const workers: TestWorker[] = [];
  const listener = new pg.Client({ connectionString: database.engineUrl });
  listener.on("error", () => {});
  await listener.connect();
  await listener.query(`LISTEN ${eventsChannel}`);

  const addOrganization = async (name: string): Promise<TestOrganization> => {
    const org = newId();
    const project = newId();
    const actor = async (role: string, groups: string[]): Promise<Actor> => {
      const id = newId();
      await admin.query("INSERT INTO actors (id, org, kind, name, groups) VALUES ($1, $2, 'user', $3, $4)", [
        id,
        org,
        role,
        groups,
      ]);
      return { kind: "user", id, name: role };
    };
    await admin.query("INSERT INTO organizations (org, name) VALUES ($1, $2)", [org, name]);
    await admin.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'shop')", [project, org]);
    return { org, project, requester: await actor("requester", []), approver: await actor("approver", ["approvers"]) };
  };
  const organization = await addOrganization(filled === undefined ? "acme" : `acme ${newId()}`);
  const notify = (): Promise<unknown> => db.query(`NOTIFY ${workChannel}`);

  const until: TestEngine["until"] = async (check) => {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => resolve();
      listener.once("notification", look);
      const found = await check();
      if (found !== undefined && found !== false) {
        listener.off("notification", look);
        return found;
      }
      const timer = setTimeout(look, 50);
      await promise;
      clearTimeout(timer);
      listener.off("notification", look);
    }
  };
  const status: TestEngine["status"] = async (run) => {
    const { rows } = await admin.query("SELECT status, waiting, owner, error, fence, seq FROM runs WHERE id = $1", [
      run,
    ]);
    return rows[0] as Awaited<ReturnType<TestEngine["status"]>>;
  };
  const events: TestEngine["events"] = async (run) => {
    const { rows } = await admin.query(
      "SELECT seq, type, at::float8 AS at, actor, data FROM events WHERE run_id = $1 ORDER BY seq",
      [run],
    );
    return rows as RunEvent[];
  };

  return {
    database,
    db,
    admin,
    organization,
    addOrganization,
    until,
    status,
    events,
    types: async (run) => (await events(run)).map((event) => event.type),
    startWorker: async ({ config, runner = createMemoryRunner(tools), planSubRun, onCommitted, signer } = {}) => {
      const worker = createWorker({
        config: {
          ...workerDefaults,
          databaseUrl: database.engineUrl,
          host: hostname(),
          version: "0.0.0",
          pool: "default",
          agents: [],
          leaseMs: 2_000,
          drainGraceMs: 200,
          ...config,
        },
        runner,
        assess: (facts, _run, own: OwnRules | undefined) => ({
          decision: {
            result: "allow",
            policies: ["test"],
            reasons: [],
            facts: {},
            approvals: [],
            ...assess?.(facts, own),
          },
          risk: { level: "low", reasons: [] },
        }),
        loadOwnRules: createOwnRules(db),
        planSubRun: planSubRun ?? (() => Promise.reject(new Error("This test has no runbooks."))),
        ...(onCommitted === undefined ? {} : { onCommitted }),
        signer: signer ?? createTestSigner(),
        newId,
        random: Math.random,
        log: quiet,
      });
      const started = Object.assign(worker, { runner });
      workers.push(started);
      await worker.start();
      return started;
    },
    plan: (steps, rest = {}) =>
      Plan.parse({
        format: 1,
        goal: "test",
        runbook: null,
        parameters: {},
        environment: "staging",
        onFailure: "stop",
        steps: steps.map((step, index) =>
          Step.parse({
            id: `s${index}`,
            kind: "tool",
            agent: "test",
            input: {},
            ...step,
          }),
        ),
        tools: tools.map(factsOf),
        ...rest,
      }),
    submit: async (plan, { organization: of = organization, priority = 0, queueLimit, dryRun = false } = {}) => {
      const id = newId();
      await createRun(db, {
        id,
        org: of.org,
        project: of.project,
        plan,
        planDigest: digestOf(plan),
        requester: of.requester,
        priority,
        parent: null,
        dryRun,
        at: Date.now(),
        queueLimit: queueLimit ?? null,
      });
      await notify();
      return id;
    },
    send: async (run, message, actor = organization.requester) => {
      const id = newId();
      await sendMessage(db, { id, run, message, actor });
      await notify();
      return id;
    },
    outcome: (message) =>
      until(async () => {
        const outcome = await readOutcome(admin, message);
        return outcome === undefined ? undefined : { outcome };
      }).then(({ outcome }) => outcome),
    reaches: (run, ...statuses) =>
      until(async () => {
        const row = await status(run);
        return statuses.includes(row.status) && row.status;
      }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker.drain()));
      await Promise.all([db.end(), admin.end(), listener.end()]);
      await database[Symbol.asyncDispose]();
    },
  };
}

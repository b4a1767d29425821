import { join } from "node:path";
import { checkPlan, digestOf, type Plan, type Step } from "@gantry/sdk";
import pg from "pg";
import { createBlobStore, createFileBackend } from "../platform/src/blobs/index.ts";
import { createCatalog } from "../platform/src/catalog/index.ts";
import { createWorker, workerDefaults, type Worker } from "../platform/src/engine/index.ts";
import { createExec } from "../platform/src/exec/index.ts";
import { createUuidV7 } from "../platform/src/lib/uuid-v7.ts";
import { createLiveAnswers } from "../platform/src/live-answers/index.ts";
import { createPolicy } from "../platform/src/policy/index.ts";
import { createRunner } from "../platform/src/runner/index.ts";
import { openTestKeys } from "../tests/support/keys.ts";
import { createTestSigner } from "../tests/support/signer.ts";
import { createRun } from "../platform/src/store/journal/create-run.ts";
import { sendMessage } from "../platform/src/store/journal/inbox.ts";
import { createNotifier, workChannel } from "../platform/src/store/journal/notify.ts";
import { benchAgent } from "./bench-agent.ts";
import { benchLog, openDatabase } from "./open-database.ts";

export interface Stage extends AsyncDisposable {
  readonly db: pg.Pool;
  readonly org: string;
  readonly worker: Worker;
  plan(steps: Step[]): Plan;
  submit(plan: Plan): Promise<string>;
  signal(run: string): Promise<void>;
  wake(): Promise<void>;
  /** Resolves once all of them have that status. */
  until(ids: readonly string[], status: string): Promise<void>;
}

/**
 * The embedded Postgres and one worker with everything that the product has in it: core, policy, validation, redaction.
 * `arrange` may change tables before anybody uses them.
 */
export async function openStage({ arrange }: { arrange?: (db: pg.Client) => Promise<void> } = {}): Promise<Stage> {
  const newId = createUuidV7();
  const { dataDir, ...urls } = await openDatabase();
  const owner = new pg.Client({ connectionString: urls.migratorUrl });
  await owner.connect();
  await createPlainTable(owner);
  await arrange?.(owner);
  await owner.end();
  const db = new pg.Pool({ connectionString: urls.engineUrl, max: 20 });
  db.on("error", () => {});
  const [org, project] = [newId(), newId()];
  await db.query("INSERT INTO organizations (org, name) VALUES ($1, 'bench')", [org]);
  await db.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'bench')", [project, org]);
  await db.query("INSERT INTO environments (org, project, name, protection) VALUES ($1, $2, 'dev', 'open')", [
    org,
    project,
  ]);
  const requester = { kind: "user" as const, id: newId(), name: "requester" };

  const catalog = await createCatalog([benchAgent]);
  const keys = await openTestKeys(db, join(dataDir, "key"));
  const assess = createPolicy();
  const refuse = (what: string) => () => Promise.reject(new Error(`The bench has no ${what}.`));
  const runner = createRunner({
    tools: catalog.tools,
    mcpTools: async () => new Map(),
    log: benchLog,
    exec: createExec({ root: join(dataDir, "executions"), bubblewrap: null, environment: {} }),
    host: "bench",
    pool: db,
    blobs: createBlobStore({ pool: db, keys, backends: [createFileBackend(join(dataDir, "blobs"))] }),
    clock: Date.now,
    workspaces: join(dataDir, "workspaces"),
    hostdirs: join(dataDir, "hosts"),
    baseEnvironment: {},
    searchPath: "/usr/bin:/bin",
    resolveSecret: refuse("secrets"),
    resolveConnection: refuse("connections"),
    stateBackend: refuse("state backend"),
    answer: refuse("models"),
    live: createLiveAnswers({ tell: async () => {}, now: () => performance.now() }),
    memory: () => ({ vouched: refuse("memory"), recall: refuse("memory"), remember: refuse("memory") }),
    ask: refuse("people"),
    records: refuse("records"),
    whyNot: refuse("policy for calls"),
    planning: refuse("planning"),
    proposed: refuse("proposals"),
  });
  const worker = createWorker({
    config: {
      ...workerDefaults,
      databaseUrl: urls.engineUrl,
      host: "bench",
      version: "0",
      pool: "default",
      agents: [],
      maxRuns: 2_000,
    },
    runner,
    assess: (facts, { protection }) => assess(facts, { protection }),
    signer: createTestSigner(),
    planSubRun: refuse("sub-runs"),
    newId,
    random: Math.random,
    log: benchLog,
  });
  await worker.start();
  // As the API does after each message.
  const notifier = createNotifier({
    clientConfig: { connectionString: urls.engineUrl },
    random: Math.random,
    log: benchLog,
  });

  return {
    db,
    org,
    worker,
    plan: (steps) =>
      checkPlan(catalog, {
        format: 1,
        goal: "bench",
        runbook: null,
        parameters: {},
        environment: "dev",
        steps,
        tools: [],
        onFailure: "stop",
      }),
    async submit(plan) {
      const id = newId();
      await createRun(db, {
        id,
        org,
        project,
        plan,
        planDigest: digestOf(plan),
        requester,
        priority: 0,
        parent: null,
        at: Date.now(),
        queueLimit: null,
      });
      return id;
    },
    async signal(run) {
      await sendMessage(db, {
        id: newId(),
        run,
        message: { kind: "signal", name: "go", payload: null },
        actor: requester,
      });
      notifier.notify(workChannel);
    },
    wake: async () => void (await db.query(`NOTIFY ${workChannel}`)),
    async until(ids, status) {
      for (;;) {
        // The database is asked only when the worker has nothing left: asking must not be part of what is measured.
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (worker.stats().runs > 0) continue;
        const { rows } = await db.query<{ n: number }>(
          "SELECT count(*)::int AS n FROM runs WHERE id = ANY ($1::uuid[]) AND status = $2",
          [ids, status],
        );
        if (rows[0]?.n === ids.length) return;
      }
    },
    async [Symbol.asyncDispose]() {
      await worker.drain();
      await notifier.close();
      await db.end();
      await urls[Symbol.asyncDispose]();
    },
  };
}

/** What the floor writes to: one row per step. */
async function createPlainTable(owner: pg.Client): Promise<void> {
  await owner.query("CREATE TABLE plain_steps (run_id uuid, step int, output json, PRIMARY KEY (run_id, step))");
  await owner.query("GRANT SELECT, INSERT ON plain_steps TO gantry_engine");
}

/**
 * Steps per second of the whole engine against plain Postgres (one INSERT and commit per step), in one session on one
 * embedded server. For tuning: `node bench/engine.ts [--rounds n] [--runs n]`.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import pg from "pg";
import { digestOf, Plan, Step } from "@gantry/sdk";
import { createWorker, workerDefaults, type AttemptRunner } from "../platform/src/engine/index.ts";
import { createUuidV7 } from "../platform/src/lib/uuid-v7.ts";
import {
  bootstrapDatabase,
  deriveRolePasswords,
  migrate,
  startEmbeddedPostgres,
} from "../platform/src/postgres/index.ts";
import { createRun } from "../platform/src/store/create-run.ts";
import { sendMessage } from "../platform/src/store/inbox.ts";
import { workChannel } from "../platform/src/store/notify.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string" }, runs: { type: "string" }, parked: { type: "string" } },
});
const rounds = Number(options.rounds ?? 3);
const runs = Number(options.runs ?? 200);
const parked = Number(options.parked ?? 1_000);
const steps = 10;

const log = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };
const newId = createUuidV7();
const dataDir = await mkdtemp(path.join(tmpdir(), "gantry-bench-"));
const postgres = await startEmbeddedPostgres({ dataDir, log });
const urls = await bootstrapDatabase({
  adminUrl: postgres.superuserUrl,
  passwords: deriveRolePasswords(randomBytes(32)),
  log,
});
await migrate({
  migratorUrl: urls.migratorUrl,
  directory: path.resolve(import.meta.dirname, "../platform/src/store/migrations"),
  log,
});

const db = new pg.Pool({ connectionString: urls.engineUrl, max: 20 });
db.on("error", () => {});
const org = newId();
const project = newId();
await db.query("INSERT INTO organizations (org, name) VALUES ($1, 'bench')", [org]);
await db.query("INSERT INTO projects (id, org, name) VALUES ($1, $2, 'bench')", [project, org]);
const requester = { kind: "user" as const, id: newId(), name: "requester" };

const runner: AttemptRunner = {
  run: async ({ input }) => ({ outcome: "succeeded", output: input }),
  canResume: async () => false,
  settle: async () => {},
  forget: async () => {},
  fingerprint: (tool) => tool,
  has: () => true,
};
const worker = createWorker({
  config: {
    ...workerDefaults,
    databaseUrl: urls.engineUrl,
    host: hostname(),
    version: "0",
    pool: "default",
    agents: [],
    maxRuns: 2_000,
  },
  runner,
  assess: () => ({
    decision: { result: "allow", policies: [], reasons: [], facts: {}, approvals: [] },
    risk: { level: "low", reasons: [] },
  }),
  planSubRun: () => Promise.reject(new Error("none")),
  newId,
  random: Math.random,
  log,
});
await worker.start();

const tool = {
  name: "bench.echo",
  version: "1",
  digest: "x",
  effect: "reads",
  idempotent: true,
  preview: false,
  inspect: false,
  verify: false,
  undo: false,
  timeoutMs: 60_000,
  retry: {},
};
const planOf = (list: object[]): Plan =>
  Plan.parse({
    format: 1,
    goal: "bench",
    runbook: null,
    parameters: {},
    environment: "staging",
    steps: list.map((step) => Step.parse(step)),
    tools: [tool],
    onFailure: "stop",
  });
const sequence = planOf(
  Array.from({ length: steps }, (_, index) => ({
    id: `s${index}`,
    kind: "tool",
    agent: "bench",
    tool: "bench.echo",
    input: { text: "x".repeat(64), before: index === 0 ? null : { $ref: [`s${index - 1}`, "text"] } },
  })),
);
const waiting = planOf([
  { id: "wait", kind: "wait", for: { kind: "signal", name: "go" } },
  { id: "last", kind: "tool", agent: "bench", tool: "bench.echo", input: {}, after: ["wait"] },
]);

const submit = async (plan: Plan): Promise<string> => {
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
};
const wake = (): Promise<unknown> => db.query(`NOTIFY ${workChannel}`);
const ended = async (ids: readonly string[], status = "succeeded"): Promise<void> => {
  for (;;) {
    // Asking the database only when the worker has nothing left keeps the question out of what is measured.
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (worker.stats().runs > 0) continue;
    const { rows } = await db.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM runs WHERE id = ANY ($1::uuid[]) AND status = $2",
      [ids, status],
    );
    if (rows[0]?.n === ids.length) return;
  }
};

const admin = new pg.Client({ connectionString: urls.migratorUrl });
await admin.connect();
await admin.query(
  "CREATE TABLE plain_steps (run_id uuid, step int, output json, PRIMARY KEY (run_id, step)); GRANT ALL ON plain_steps TO gantry_engine",
);
await admin.end();

/** What a hand-written program would do: each run on one of 20 connections, an INSERT per step, committed each. */
const plain = async (count: number): Promise<number> => {
  const from = performance.now();
  let next = 0;
  const output = JSON.stringify({ text: "x".repeat(64), before: "x".repeat(64) });
  await Promise.all(
    Array.from({ length: Math.min(20, count) }, async () => {
      const client = await db.connect();
      while (next < count) {
        next += 1;
        const id = newId();
        for (let step = 0; step < steps; step += 1) {
          await client.query({
            name: "plain",
            text: "INSERT INTO plain_steps VALUES ($1, $2, $3)",
            values: [id, step, output],
          });
        }
      }
      client.release();
    }),
  );
  return performance.now() - from;
};

const submitAll = (count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => submit(sequence)));
const engine = async (count: number, submitted = submitAll(count)): Promise<number> => {
  const ids = await submitted;
  const from = performance.now();
  await wake();
  await ended(ids);
  return performance.now() - from;
};

const oneByOne = async (): Promise<{ plain: number; engine: number }> => {
  const alone = await plain(1);
  const id = await submit(sequence);
  await wake();
  await ended([id]);
  const { rows } = await db.query<{ ms: number }>(
    `SELECT (max(at) FILTER (WHERE type = 'run.finished') - min(at) FILTER (WHERE type = 'run.started'))::float8 AS ms
     FROM events WHERE run_id = $1`,
    [id],
  );
  return { plain: alone / steps, engine: (rows[0]?.ms ?? 0) / steps };
};

const signalled = async (): Promise<number> => {
  const ids = await Promise.all(Array.from({ length: parked }, () => submit(waiting)));
  await wake();
  await ended(ids, "waiting");
  for (;;) {
    const { rows } = await db.query<{ n: number }>("SELECT count(*)::int AS n FROM runs WHERE owner IS NOT NULL");
    if (rows[0]?.n === 0) break;
  }
  const from = performance.now();
  await Promise.all(
    ids.map(async (run) =>
      sendMessage(db, { id: newId(), run, message: { kind: "signal", name: "go", payload: null }, actor: requester }),
    ),
  );
  const sent = performance.now() - from;
  await wake();
  await ended(ids);
  const all = performance.now() - from;
  console.log(`  sent in ${sent.toFixed(0)} ms`);
  return all;
};

/** Processor milliseconds of this process and of the server so far: what remains comparable on a busy machine. */
const processorMs = async (): Promise<{ node: number; postgres: number }> => {
  const { user, system } = process.cpuUsage();
  let ticks = 0;
  for (const pid of await readdir("/proc")) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(pid) === postgres.pid() || Number(fields[1]) === postgres.pid())
      ticks += Number(fields[11]) + Number(fields[12]);
  }
  return { node: (user + system) / 1_000, postgres: ticks * 10 };
};
const microsecondsPerStep = async (work: () => Promise<unknown>): Promise<string> => {
  const before = await processorMs();
  await work();
  const after = await processorMs();
  const per = (ms: number): string => ((ms * 1_000) / (runs * steps)).toFixed(0);
  return `node ${per(after.node - before.node)} µs, postgres ${per(after.postgres - before.postgres)} µs a step`;
};

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
await plain(runs);
await engine(runs);
const results = { plain: [] as number[], engine: [] as number[], onePlain: [] as number[], oneEngine: [] as number[] };
for (let round = 0; round < rounds; round += 1) {
  results.plain.push(await plain(runs));
  results.engine.push(await engine(runs));
}
for (let round = 0; round < 20; round += 1) {
  const one = await oneByOne();
  results.onePlain.push(one.plain);
  results.oneEngine.push(one.engine);
}
console.log("plain: ", await microsecondsPerStep(() => plain(runs)));
const submitted = await submitAll(runs);
console.log("engine:", await microsecondsPerStep(() => engine(runs, Promise.resolve(submitted))));
const perSecond = (ms: number): number => Math.round((runs * steps * 1_000) / ms);
const [plainRate, engineRate] = [perSecond(median(results.plain)), perSecond(median(results.engine))];
console.log({ plainRate, engineRate, ratio: (engineRate / plainRate).toFixed(2) });
const [onePlain, oneEngine] = [median(results.onePlain), median(results.oneEngine)];
console.log({
  onePlainMs: onePlain.toFixed(2),
  oneEngineMs: oneEngine.toFixed(2),
  ratio: (oneEngine / onePlain).toFixed(2),
});
console.log({ signalledMs: Math.round(await signalled()), parked });
console.log(worker.stats());
await worker.drain();
await db.end();
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });

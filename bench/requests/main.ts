import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createPlanBuilder, type Plan } from "@gantry/sdk";
import { createClient } from "@gantry/sdk/client";
import { median, type Measure } from "../measure.ts";
import { startServer, type Server } from "./server.ts";

const run = promisify(execFile);
const rounds = 7;
const warmUps = 2;
const secondsEach = 4;
const readers = 64;
const writers = 20;
const keys = 40;

interface Load {
  perSecond: number;
  /** Milliseconds. */
  p99: number;
}

/**
 * The server under load, from a generator on the same machine: reads of runs, and of them the part of who may; changes, and of
 * them the part of the audit trail. Each floor is the same server with one module of it exchanged.
 */
export async function measureRequests(): Promise<Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  const servers: Server[] = [];
  try {
    for (const without of [undefined, "access", "audit"] as const)
      servers.push(await startServer(join(folder, without ?? "whole"), without));
    const [whole, open, silent] = servers as [Server, Server, Server];
    const reads = await compare(whole, open, (server, name) => readRuns(server, join(folder, name)));
    const writes = await compare(whole, silent, (server, name) => setVariables(server, join(folder, name)));
    const read = `reads of a run, ${readers} connections with ${keys} keys`;
    return [
      {
        name: "requests.reads",
        value: reads.value.perSecond,
        unit: "reads/s",
        floor: null,
        ratio: null,
        target: { atLeast: 10_000 },
        what: `${read}, load generator and Postgres on the same processors`,
      },
      {
        name: "requests.reads.p99",
        value: reads.value.p99,
        unit: "ms",
        floor: null,
        ratio: null,
        target: { atMost: 50 },
        what: "the slowest hundredth of them",
      },
      {
        name: "requests.access",
        value: 1_000_000 / reads.value.perSecond,
        unit: "µs/read",
        floor: 1_000_000 / reads.floor.perSecond,
        ratio: reads.ratio,
        target: { atMost: 1.5 },
        what: `${read}; floor: without asking who it is and whether they may`,
      },
      {
        name: "requests.audit",
        value: 1_000_000 / writes.value.perSecond,
        unit: "µs/change",
        floor: 1_000_000 / writes.floor.perSecond,
        ratio: writes.ratio,
        target: { atMost: 1.1 },
        what: `variables set, ${writers} connections, a durable transaction each; floor: without their audit records`,
      },
    ];
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One and the other in turn. */
async function compare(
  whole: Server,
  part: Server,
  prepare: (server: Server, name: string) => Promise<() => Promise<Load>>,
): Promise<{ value: Load; floor: Load; ratio: number }> {
  const [one, other] = [await prepare(whole, "load.lua"), await prepare(part, "load-floor.lua")];
  const [values, floors]: [Load[], Load[]] = [[], []];
  for (let index = -warmUps; index < rounds; index += 1) {
    const [floor, value] = [await other(), await one()];
    if (index < 0) continue;
    values.push(value);
    floors.push(floor);
  }
  return {
    value: typical(values),
    floor: typical(floors),
    ratio: median(values.map(({ perSecond }, index) => (floors[index]?.perSecond ?? Number.NaN) / perSecond)),
  };
}

function typical(loads: readonly Load[]): Load {
  return { perSecond: median(loads.map((one) => one.perSecond)), p99: median(loads.map((one) => one.p99)) };
}

async function readRuns(server: Server, script: string): Promise<() => Promise<Load>> {
  const client = createClient({ url: server.url, key: server.key });
  // It waits, so what is read doesn't change meanwhile.
  const steps = createPlanBuilder("dev");
  steps.wait("wait", { kind: "signal", name: "go" });
  const plan: Plan = {
    format: 1,
    goal: "be read",
    runbook: null,
    parameters: {},
    environment: "dev",
    steps: steps.steps,
    tools: [],
    onFailure: "stop",
  };
  const ids: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    const { id } = await client.runs.create({ plan });
    ids.push(id);
  }
  const given = await giveKeys(server);
  const requests = given.map((key, index) => ({ key, path: `/api/v1/runs/${ids[index % ids.length] ?? ""}` }));
  await writeFile(script, scriptOf(requests));
  return () => load(server, script, readers);
}

async function setVariables(server: Server, script: string): Promise<() => Promise<Load>> {
  const given = await giveKeys(server);
  const requests = given.map((key, index) => ({
    key,
    path: `/api/v1/variables/bench_${index}`,
    body: JSON.stringify({ value: "x".repeat(40) }),
  }));
  await writeFile(script, scriptOf(requests));
  return () => load(server, script, writers);
}

/** As many callers as share the server, so that none of them meets their limit of requests. */
async function giveKeys(server: Server): Promise<string[]> {
  const client = createClient({ url: server.url, key: server.key });
  const { id } = await client.actors.create({ name: `bench ${performance.now()}`, roles: ["owner"] });
  return Promise.all(
    Array.from(
      { length: keys },
      async () => (await client.apiKeys.create({ actor: id, scopes: ["read", "admin"] })).key,
    ),
  );
}

/** In turn, each formatted once. */
function scriptOf(requests: readonly { key: string; path: string; body?: string }[]): string {
  const lines = requests.map(({ key, path, body }) => {
    const headers = `["authorization"]="Bearer ${key}"${body === undefined ? "" : ',["content-type"]="application/json"'}`;
    const method = body === undefined ? '"GET"' : '"PUT"';
    return `  all[#all + 1] = wrk.format(${method}, "${path}", {${headers}}, ${body === undefined ? "nil" : `'${body}'`})`;
  });
  return [
    "local all, next = {}, 0",
    "init = function(args)",
    ...lines,
    "end",
    "request = function() next = next % #all + 1; return all[next] end",
    "",
  ].join("\n");
}

/** @throws when wrk isn't there, or an answer was something else than asked for. */
async function load(server: Server, script: string, connections: number): Promise<Load> {
  const parameters = ["-t1", `-c${connections}`, `-d${secondsEach}s`, "--latency", "-s", script, server.url];
  const { stdout } = await run("wrk", parameters).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error("The load generator wrk isn't here (Debian: apt install wrk).");
    throw error;
  });
  const bad = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0];
  if (bad !== undefined) throw new Error(`The server didn't answer as it should: ${bad}`);
  const [, amount = "", unit = "ms"] = /99%\s+([\d.]+)(us|ms|s)\b/.exec(stdout) ?? [];
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99: Number(amount) * { us: 0.001, ms: 1, s: 1_000 }[unit as "us" | "ms" | "s"],
  };
}

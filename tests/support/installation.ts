import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createPlanBuilder, type Plan, type PlanBuilder, type RunEvent } from "@gantry/sdk";
import type { RunDetail, RunStatus, Scope } from "@gantry/sdk/api";
import { createClient, type Client } from "@gantry/sdk/client";
import { compiledProgram } from "./compiled.ts";

const program = fileURLToPath(new URL("../../platform/src/main.ts", import.meta.url));
export const agentFolder = fileURLToPath(new URL("../e2e/agent/", import.meta.url));

type Settings = Readonly<Record<string, string>>;

/** A process of the platform, its first line on stdout read. */
export interface PlatformProcess {
  readonly pid: number;
  /** What it said first: that it is ready, or why it isn't. */
  readonly said: Said;
  /** All that it wrote to stderr so far. */
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

export interface Said {
  ready?: boolean;
  url?: string | null;
  key?: string | null;
  /** Of the first administrator, as long as there is none. */
  link?: string | null;
  error?: { code: string; message: string };
}

export interface Person {
  id: string;
  key: string;
  client: Client;
}

/** Gantry as processes of its own, on a data directory of its own: what an operator has. */
export interface Installation extends AsyncDisposable {
  readonly dataDir: string;
  /** First on the PATH of every process. */
  readonly bin: string;
  /** Path of a file that tools and the test share. */
  file(name: string): string;
  start(role: "all" | "api" | "worker", settings?: Settings): Promise<PlatformProcess>;
  readonly url: string;
  /** The administrator's. */
  readonly key: string;
  readonly client: Client;
  person(name: string, scopes?: readonly Scope[]): Promise<Person>;
  /** Everything that its processes wrote to stderr. */
  stderr(): string;
}

export async function createInstallation(settings: Settings = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-e2e-"));
  const places = { dataDir: join(folder, "data"), bin: join(folder, "bin"), shared: join(folder, "shared") };
  await Promise.all([mkdir(places.bin), mkdir(places.shared)]);
  const processes: PlatformProcess[] = [];
  const children: ChildProcess[] = [];
  let server: Said | undefined;
  const running = (): { url: string; key: string; client: Client } => {
    const { url, key } = server ?? {};
    if (!url || !key) throw new Error("The installation's server isn't started, or told no key.");
    return { url, key, client: createClient({ url, key }) };
  };
  return {
    dataDir: places.dataDir,
    bin: places.bin,
    file: (name) => join(places.shared, name),
    async start(role, own = {}) {
      const child = spawnPlatform({
        GANTRY_DATA_DIR: places.dataDir,
        GANTRY_ROLE: role,
        GANTRY_PORT: "0",
        GANTRY_AGENTS: pathToFileURL(join(agentFolder, "src/index.ts")).href,
        GANTRY_LEASE_SECONDS: "3",
        PATH: [places.bin, process.env["PATH"]].join(delimiter),
        HOME: folder,
        ...settings,
        ...own,
      });
      children.push(child);
      const started = await firstWords(child);
      processes.push(started);
      if (started.said.ready && role !== "worker") server = started.said;
      return started;
    },
    get url() {
      return running().url;
    },
    get key() {
      return running().key;
    },
    get client() {
      return running().client;
    },
    async person(name, scopes = ["read", "run", "approve"]) {
      const { url, client } = running();
      const { id } = await client.actors.create({ name, groups: ["approvers"], roles: ["operator", "approver"] });
      const { key } = await client.apiKeys.create({ actor: id, scopes: [...scopes] });
      return { id, key, client: createClient({ url, key }) };
    },
    stderr: () => processes.map((one) => one.stderr()).join("\n"),
    async [Symbol.asyncDispose]() {
      // Workers first: the server takes the database along.
      for (const one of processes.toReversed()) await one.stop();
      for (const child of children) if (!hasEnded(child)) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function spawnPlatform(settings: Settings) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GANTRY_"));
  return spawn(process.execPath, [program], {
    env: { ...Object.fromEntries(inherited), ...compiledProgram, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function firstWords(child: ReturnType<typeof spawnPlatform>): Promise<PlatformProcess> {
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([first]) => first as string),
    ended.then((code) => Promise.reject(new Error(`It ended with ${String(code)} and said nothing: ${stderr}`))),
  ]);
  return {
    pid: child.pid ?? 0,
    said: JSON.parse(line) as Said,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    ended,
    stop: () => stop(child, ended),
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(insist);
}

/** A plan as a program would submit it. */
export function planOf(
  add: (plan: PlanBuilder) => void,
  { environment = "dev", ...rest }: Partial<Pick<Plan, "environment" | "goal" | "onFailure" | "parameters">> = {},
): Plan {
  const builder = createPlanBuilder(environment);
  add(builder);
  const fixed = {
    format: 1 as const,
    goal: "test",
    runbook: null,
    parameters: {},
    tools: [],
    onFailure: "stop" as const,
  };
  return { ...fixed, ...rest, environment, steps: builder.steps };
}

/** Follows the run until it is what the test waits for. @throws Error when it ends otherwise */
export async function reaches(
  client: Client,
  run: string,
  wanted: RunStatus | ((run: RunDetail) => boolean),
): Promise<RunDetail> {
  const isThere = typeof wanted === "function" ? wanted : ({ status }: RunDetail) => status === wanted;
  let latest: RunDetail | undefined;
  for await (const item of client.runs.follow(run)) {
    if (item.kind !== "event" || (latest && item.event.seq <= latest.seq)) continue;
    latest = await client.runs.get(run);
    if (isThere(latest)) return latest;
    if (latest.finishedAt !== null) break;
  }
  throw new Error(`Run ${run} came to ${latest?.status ?? "nothing"}: ${JSON.stringify(latest?.error)}`);
}

/** All events of a run, page by page. */
export async function historyOf(client: Client, run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after = 0, more = true; more;) {
    const page = await client.runs.events(run, { after, limit: 20 });
    events.push(...page.events);
    ({ after, more } = page);
  }
  return events;
}

/** Looks until something is so; the test's own timeout ends it. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

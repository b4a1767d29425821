import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { median, timed, type Measure } from "./measure.ts";

const main = join(import.meta.dirname, "../platform/src/main.ts");
const rounds = 5;

/** Time from the start of the process to its line on stdout, and memory of a server and a worker, without Postgres. */
export async function measureProcesses(): Promise<Measure[]> {
  const first: number[] = [];
  const next: number[] = [];
  let memory: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const dataDir = await mkdtemp(join(tmpdir(), "gantry-bench-"));
    try {
      first.push(await startAndStop(dataDir));
      next.push(await startAndStop(dataDir));
      memory = [...memory, await memoryOfPair(dataDir)];
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  const seconds = (values: number[]) => median(values) / 1_000;
  const base = { floor: null, ratio: null };
  return [
    {
      ...base,
      name: "start.first",
      value: seconds(first),
      unit: "s",
      target: { atMost: 6 },
      what: "start to ready with an empty data directory",
    },
    {
      ...base,
      name: "start.next",
      value: seconds(next),
      unit: "s",
      target: { atMost: 2 },
      what: "start to ready with an existing data directory",
    },
    {
      ...base,
      name: "memory",
      value: median(memory),
      unit: "MB",
      target: { atMost: 250 },
      what: "a server and a worker process together (proportional set size), without Postgres",
    },
  ];
}

async function startAndStop(dataDir: string): Promise<number> {
  let child: ChildProcess | undefined;
  const ms = await timed(async () => {
    child = await start(dataDir, "all");
  });
  await stop(child);
  return ms;
}

async function memoryOfPair(dataDir: string): Promise<number> {
  const server = await start(dataDir, "api");
  const worker = await start(dataDir, "worker");
  try {
    return (await proportionalMegabytes(server)) + (await proportionalMegabytes(worker));
  } finally {
    await stop(worker);
    await stop(server);
  }
}

async function start(dataDir: string, role: string): Promise<ChildProcess> {
  const env = {
    ...process.env,
    GANTRY_DATA_DIR: dataDir,
    GANTRY_ROLE: role,
    GANTRY_PORT: "0",
    GANTRY_LOG_LEVEL: "error",
    // As `gantry up` does: stripped types and compiled code are kept from the first start on.
    NODE_COMPILE_CACHE: join(dataDir, "compiled"),
  };
  // The young generation too: see cli/src/server-process.ts.
  const child = spawn(process.execPath, ["--max-semi-space-size=4", main], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  if (!(JSON.parse(line) as { ready?: boolean }).ready) throw new Error(`It did not start: ${line}`);
  return child;
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function proportionalMegabytes({ pid }: ChildProcess): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) / 1_024;
}

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DemoStoppedError } from "./checks.ts";
import type { Stage } from "./stage.ts";

const program = fileURLToPath(new URL("../../platform/src/main.ts", import.meta.url));
const readyWithinMs = 60_000;

/** One process of Gantry, started as an operator would. */
export interface PlatformProcess {
  readonly name: string;
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Ready;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end, and insists after a while. */
  stop(): Promise<void>;
}

export interface Ready {
  url: string;
  /** The first key, once, when the data directory is new. */
  key: string | null;
}

/** Resolves once the process says that it is ready. @throws {DemoStoppedError} when it ends before. */
export async function startPlatform(
  name: string,
  role: "api" | "worker",
  { stage, signal }: { stage: Stage; signal: AbortSignal },
): Promise<PlatformProcess> {
  const log = join(stage.logs, `${name}.log`);
  const output = openSync(log, "a", 0o600);
  const child = spawn(process.execPath, [program], {
    cwd: stage.folder,
    env: { ...withoutGantry(process.env), ...settingsOf(role, stage) },
    // A group of its own: Ctrl-C reaches the demo alone, which then stops everything in order.
    detached: true,
    stdio: ["ignore", "pipe", output],
  });
  closeSync(output);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = await readyLine(child, { name, log, ended, signal });
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    ended,
    kill: (kind) => void child.kill(kind),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function settingsOf(role: "api" | "worker", stage: Stage): Record<string, string> {
  return {
    GANTRY_ROLE: role,
    GANTRY_DATA_DIR: stage.dataDir,
    GANTRY_PORT: "0",
    // Shorter than the default, so that the reader needn't wait 15 s for the other worker to take over.
    GANTRY_LEASE_SECONDS: "3",
    // As `gantry up` does it: what was compiled for one process is there for the next.
    NODE_COMPILE_CACHE: join(stage.cache, "gantry", "compiled"),
  };
}

async function readyLine(
  child: ChildProcess,
  { name, log, ended, signal }: { name: string; log: string; ended: Promise<void>; signal: AbortSignal },
): Promise<Ready> {
  if (child.stdout === null) throw new DemoStoppedError(`${name} has no output.`);
  const lines = createInterface({ input: child.stdout });
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  const fail = (why: string) => reject(new DemoStoppedError(`${name} ${why}. Its log: ${log}`));
  const timer = setTimeout(() => fail(`wasn't ready after ${readyWithinMs / 1_000} s`), readyWithinMs);
  child.once("error", (error) => fail(`could not be started: ${error.message}`));
  signal.addEventListener("abort", () => fail("was interrupted while it started"), { once: true });
  void ended.then(() => fail("ended before it was ready"));
  lines.once("line", (line) => {
    try {
      resolve(JSON.parse(line) as Ready);
    } catch {
      fail(`said ${JSON.stringify(line.slice(0, 200))} instead of being ready`);
    }
  });
  try {
    return await promise;
  } catch (error) {
    child.kill("SIGTERM");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The reader's own settings of Gantry must not lead the demo to a real server or database. */
export function withoutGantry(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("GANTRY_")));
}

import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ConfigurationView } from "@gantry/sdk/api";
import { z } from "zod";
import { ServerNotStartedError } from "./errors.ts";

/** What the platform says on stdout once it serves or works. */
const Ready = z.object({
  ready: z.literal(true),
  url: z.string().nullable().default(null),
  key: z.string().nullable().default(null),
  link: z.string().nullable().default(null),
  dataDir: z.string().nullable().default(null),
});
export type Ready = z.infer<typeof Ready>;
const Failed = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export interface ServerProcess {
  /** @throws {ServerNotStartedError} */
  ready: Promise<Ready>;
  /** Exit code, or the signal that ended it. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ask it to drain and stop; asked again, it is ended at once, which loses nothing that it had committed. */
  stop(): void;
}

/**
 * Loading the program would make V8's young generation grow to three times 16 MB for good, a quarter of all that a process
 * takes. Work goes as fast with a quarter.
 */
const youngGeneration = "--max-semi-space-size=4";

/**
 * Starts the platform as a process of its own: the command line knows it only by its protocol, and stays small. It gets
 * its own process group, so that a Ctrl-C on the terminal reaches it once, through `stop`, and not twice. By the channel
 * between the two it sees when this process was killed, and stops.
 */
export function startServer(options: {
  environment: Readonly<Record<string, string | undefined>>;
  onLog: (line: string) => void;
}): ServerProcess {
  const main = fileURLToPath(import.meta.resolve("@gantry/platform/main"));
  const child = spawn(process.execPath, [youngGeneration, main], {
    env: { ...options.environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", options.onLog);
  const ended = endOf(child);
  let asked = 0;
  return {
    ready: readiness(child, ended),
    ended,
    stop() {
      // The second one makes it end without draining; a third is for a process that doesn't even do that.
      asked += 1;
      child.kill(asked > 2 ? "SIGKILL" : "SIGTERM");
    },
  };
}

/**
 * What the platform would start with, from the platform itself: it alone knows its variables.
 * @throws {ServerNotStartedError} with everything that is wrong
 */
export async function readServerConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ConfigurationView> {
  const main = fileURLToPath(import.meta.resolve("@gantry/platform/main"));
  const child = spawn(process.execPath, [main, "--check"], {
    env: { ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = endOf(child);
  const said = parse(child.stdout === null ? "" : await readAll(child.stdout));
  await ended;
  const failed = Failed.safeParse(said);
  if (failed.success) throw new ServerNotStartedError(failed.data.error.code, failed.data.error.message);
  return z.object({ configuration: ConfigurationView }).parse(said).configuration;
}

const TaskDone = z.object({ result: z.unknown() });

/**
 * Has the platform's program do one thing and end. @returns what it found or made
 * @throws {ServerNotStartedError} with the code of what went wrong
 */
export async function runServerTask(options: {
  environment: Readonly<Record<string, string | undefined>>;
  task: object;
  onLog: (line: string) => void;
}): Promise<unknown> {
  const main = fileURLToPath(import.meta.resolve("@gantry/platform/main"));
  const child = spawn(process.execPath, [main, "task", JSON.stringify(options.task)], {
    env: { ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stderr }).on("line", options.onLog);
  const ended = endOf(child);
  const said = parse(await readAll(child.stdout));
  const { code } = await ended;
  const failed = Failed.safeParse(said);
  if (failed.success) throw new ServerNotStartedError(failed.data.error.code, failed.data.error.message);
  const done = TaskDone.safeParse(said);
  if (!done.success || code !== 0)
    throw new ServerNotStartedError("server_not_started", "The task ended without a result; its log says why.");
  return done.data.result;
}

function endOf(child: ChildProcess): ServerProcess["ended"] {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new ServerNotStartedError("server_not_started", cause.message)));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

/** The first line that says ready or why not; a process that ends without either has only its log. */
async function readiness(child: ChildProcess, ended: ServerProcess["ended"]): Promise<Ready> {
  const ready = new Promise<Ready>((resolve, reject) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = Ready.safeParse(parse(line));
      if (said.success) resolve(said.data);
      const failed = Failed.safeParse(parse(line));
      if (failed.success) reject(new ServerNotStartedError(failed.data.error.code, failed.data.error.message));
    });
  });
  const early = ended.then(({ code, signal }) => {
    const how = signal === null ? `with code ${code ?? "unknown"}` : `by ${signal}`;
    throw new ServerNotStartedError(
      "server_not_started",
      `The platform ended ${how} before it was ready; its log says why.`,
    );
  });
  return Promise.race([ready, early]);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

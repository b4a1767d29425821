import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, openSync, closeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Those that still run. */
const children = new Set<ChildProcess>();

let givenUp = false;

/** Ends all at once, for a test that is given up; what would be started after that isn't. */
export function killAll(): void {
  givenUp = true;
  for (const child of children) child.kill("SIGKILL");
}

export interface Running<Ready> {
  child: ChildProcess;
  pid: number;
  ready: Ready;
  /** Resolves when the process is gone, with the signal that ended it. */
  ended: Promise<NodeJS.Signals | null>;
}

export interface StartOptions {
  file: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Takes stderr. */
  log: string;
}

/** The process ended before it was ready. */
export class NotReadyError extends Error {
  readonly signal: NodeJS.Signals | null;
  constructor(file: string, said: string, signal: NodeJS.Signals | null) {
    super(`${file} ended before it was ready${signal ? ` (${signal})` : ""}: ${said}`);
    this.signal = signal;
  }
}

/** Starts a Node program and waits for the line of JSON that says it is ready. @throws NotReadyError */
export async function startProcess<Ready>({ file, args = [], env = {}, log }: StartOptions): Promise<Running<Ready>> {
  if (givenUp) throw new NotReadyError(file, "the test was given up", null);
  const errors = openSync(log, "a");
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...env },
    // Its stdin ends with this process: what listens to that ends too.
    stdio: ["pipe", "pipe", errors],
  });
  closeSync(errors);
  child.stdin?.on("error", () => {});
  children.add(child);
  child.once("exit", () => children.delete(child));
  const ended = once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const rest = createWriteStream(log, { flags: "a" });
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  let last = "";
  lines.on("line", (line) => {
    last = line;
    if (line.startsWith("{") && !line.includes('"error"')) resolve(JSON.parse(line) as Ready);
    else rest.write(`${line}\n`);
  });
  void ended.then((signal) => reject(new NotReadyError(file, last, signal)));
  promise.catch(() => {});
  return { child, pid: child.pid as number, ready: await promise, ended };
}

/** Stopped with SIGTERM, and killed when that takes too long. @returns whether it had to be killed */
export async function stopProcess({ child, ended }: Running<unknown>, patienceMs = 40_000): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return false;
  child.kill("SIGTERM");
  let killed = false;
  const timer = setTimeout(() => {
    killed = true;
    child.kill("SIGKILL");
  }, patienceMs);
  await ended;
  clearTimeout(timer);
  return killed;
}

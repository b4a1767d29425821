/**
 * The small program that stands between a worker and a tool. It is the tool's parent, so it knows how the tool ended
 * even when the worker is gone: the end of its standard input is the worker's death. It gets its order, secrets
 * included, on the first line of standard input; nothing of it is ever in arguments, environment or files.
 *
 * Keep its imports few: it starts once per execution.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createRedactor } from "../lib/redact.ts";
import { joiningCgroup, openCgroup } from "./cgroup.ts";
import type { Cgroup } from "./cgroup.ts";
import { openCapture } from "./capture.ts";
import { createDurably } from "./durable-file.ts";
import { bootId, processFacts } from "./processes.ts";
import { CANCEL, OUTPUT_GREW, RESULT_FILE, STARTED_FILE } from "./shim-protocol.ts";
import type { ShimOrder, ShimResult, ShimStart, StopReason } from "./shim-protocol.ts";
import { superviseTree } from "./supervise-tree.ts";

const OUTPUT_NOTICE_MS = 25;
/** How long output is still read after everything that could write it was killed. */
const DRAIN_MS = 2_000;
/** A timer set for longer than this would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  // A failure here says nothing: the text of the error could quote the order. The worker sees the exit code.
  void run(line).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
// The worker died before it gave an order: nothing was started.
lines.once("close", () => setImmediate(() => process.exit(0)));
// The worker may be gone; what it would have been told stands in the result file.
process.stdout.on("error", () => undefined);

async function run(line: string): Promise<void> {
  const order = JSON.parse(line) as ShimOrder;
  lines.removeAllListeners("close");
  const began = process.hrtime.bigint();
  const start: ShimStart = {
    pid: process.pid,
    ticks: processFacts(process.pid)?.ticks ?? "unknown",
    bootId: bootId(),
    gracePeriodMs: order.gracePeriodMs,
  };
  // Somebody who looked for this execution after the worker's death has given it up: it must not begin now.
  if (!createDurably(join(order.folder, STARTED_FILE), JSON.stringify(start))) return;
  // Written before anybody settles what has begun: whoever doesn't see this one was seen there.
  if (existsSync(order.settledFile)) return;

  const { capture, onDropped } = createCaptures(order);
  const group = makeCgroup(order);
  const { tool, ended } = startTool(order, group);
  const outputs = [tool?.stdout ?? null, tool?.stderr ?? null] as const;
  const [stdout, stderr] = [capture("stdout", outputs[0]), capture("stderr", outputs[1])];

  const tree = superviseTree({ tool, order, group });
  onDropped((reason) => tree.stop(reason));
  const timer = setTimeout(() => tree.stop("timeout"), Math.min(order.timeoutMs, LONGEST_TIMER_MS));
  lines.on("line", (line) => line === CANCEL && tree.stop("canceled"));
  lines.on("close", () => order.onWorkerLoss !== "continue" && tree.stop("worker_lost", order.onWorkerLoss === "kill"));
  process.on("SIGTERM", () => tree.stop("canceled"));
  process.on("SIGINT", () => tree.stop("canceled"));

  const { exitCode, signal, startFailure } = await ended;
  clearTimeout(timer);
  const survivorsKilled = await tree.end();
  await drained(outputs);
  const [stopped, ran] = [tree.stopped(), await tree.ran()];
  const summaries = {
    stdout: stdout.end(stopped !== null || signal !== null),
    stderr: stderr.end(stopped !== null || signal !== null),
  };
  const failedEarly = stopped === null ? signal === null && exitCode !== 0 : stopped === "process_limit";
  const result: ShimResult = {
    exitCode,
    signal,
    stopped,
    startFailure: startFailure ?? (failedEarly && !ran ? lastLine(join(order.folder, "stderr")) : null),
    ...summaries,
    durationMs: Number((process.hrtime.bigint() - began) / 1_000_000n),
    survivorsKilled,
  };
  // Also down the pipe: on a full disk that is the only way the worker hears of it.
  await tell(JSON.stringify(result));
  createDurably(join(order.folder, RESULT_FILE), JSON.stringify(result));
}

/** What bubblewrap said. */
function lastLine(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1) || "the sandbox said nothing";
}

function createCaptures(order: ShimOrder) {
  const redactor = createRedactor(order.secrets);
  let left = order.outputBytes;
  let dropped: (reason: StopReason) => void = () => undefined;
  let notice: NodeJS.Timeout | undefined;

  function capture(name: "stdout" | "stderr", stream: Readable | null) {
    const target = openCapture({
      path: join(order.folder, name),
      redaction: redactor.stream(),
      reserve: (bytes) => {
        const granted = Math.min(bytes, left);
        left -= granted;
        return granted;
      },
      onDropped: (reason) => dropped(reason),
    });
    stream?.on("data", (chunk: Buffer) => {
      target.write(chunk);
      notice ??= setTimeout(() => {
        notice = undefined;
        void tell(OUTPUT_GREW);
      }, OUTPUT_NOTICE_MS).unref();
    });
    return target;
  }

  return {
    capture,
    onDropped: (listener: (reason: StopReason) => void) => {
      dropped = listener;
    },
  };
}

function makeCgroup({ cgroup, id, memoryBytes, processes }: ShimOrder): Cgroup | null {
  if (cgroup === null) return null;
  try {
    return openCgroup(cgroup, id, { memoryBytes, processes });
  } catch {
    // It could be made when the worker started. The watcher keeps the limits without it.
    return null;
  }
}

function startTool(order: ShimOrder, group: Cgroup | null): { tool: ChildProcess | null; ended: Promise<ToolEnd> } {
  try {
    const { file, args } = group === null ? order : joiningCgroup(group, order.file, order.args);
    // New, so that no link of an earlier command is followed; a file needs no limit of ours, it is in the tool's own folder.
    const output = order.stdoutFile === null ? null : openSync(order.stdoutFile, "wx", 0o600);
    const tool = spawn(file, args, {
      cwd: order.cwd,
      env: order.env,
      detached: true,
      stdio: ["pipe", output ?? "pipe", "pipe", ...(order.sandboxed ? (["pipe"] as const) : [])],
    });
    if (output !== null) closeSync(output);
    tool.stdin?.on("error", () => undefined); // A tool need not read its input.
    tool.stdin?.end(Buffer.from(order.stdin, "base64"));
    return { tool, ended: endOf(tool) };
  } catch (error) {
    // Arguments longer than the system takes, for example: Node throws this instead of emitting it.
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return { tool: null, ended: Promise.resolve({ exitCode: null, signal: null, startFailure: code }) };
  }
}

interface ToolEnd {
  exitCode: number | null;
  signal: string | null;
  startFailure: string | null;
}

function endOf(tool: ChildProcess): Promise<ToolEnd> {
  return new Promise((resolve) => {
    tool.once("exit", (exitCode, signal) => resolve({ exitCode, signal, startFailure: null }));
    tool.once("error", (error) =>
      resolve({ exitCode: null, signal: null, startFailure: (error as NodeJS.ErrnoException).code ?? "unknown error" }),
    );
  });
}

async function drained(streams: readonly (Readable | null)[]): Promise<void> {
  const closed = streams.map(
    (stream) =>
      new Promise<void>((resolve) => (stream === null || stream.closed ? resolve() : stream.once("close", resolve))),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
  await Promise.race([Promise.all(closed), late]);
  clearTimeout(timer);
  for (const stream of streams) stream?.destroy();
}

function tell(line: string): Promise<void> {
  return new Promise((resolve) => {
    if (!process.stdout.writable) return resolve();
    process.stdout.write(`${line}\n`, () => resolve());
  });
}

import { randomInt } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunDetail, RunStatus } from "@gantry/sdk/api";
import {
  createInstallation,
  planOf,
  reaches,
  type Installation,
  type PlatformProcess,
} from "../support/installation.ts";
import { execute } from "./agent/src/misbehave.ts";

let gantry: Installation;
let worker: PlatformProcess;

beforeAll(async () => {
  gantry = await createInstallation();
  await gantry.start("api");
  worker = await gantry.start("worker");
});

afterAll(async () => {
  await gantry[Symbol.asyncDispose]();
});

const megabyte = 1024 * 1024;

test("a command that writes a gigabyte is stopped at its limit, and the worker's memory stays small", async () => {
  const run = await runs("failed", "sh", ["-c", "yes 0123456789012345678901234567890123456789 | head -c 1000000000"]);
  expect(run.error).toMatchObject({ code: "tool_failed", details: { stopped: "output_limit" } });
  expect(run.error?.message).toContain("it wrote more than its output limit");
  expect(JSON.stringify(run).length).toBeLessThan(megabyte);
  expect(await peakMemory(worker.pid)).toBeLessThan(500 * megabyte);
});

test("a command whose child ignores SIGTERM is killed after its grace, and the run says that it took too long", async () => {
  const mark = randomSeconds();
  const script = `trap "" TERM; sleep ${mark} & while :; do wait; done`;
  const run = await runs("failed", "sh", ["-c", script], { timeoutMs: 1_000, graceMs: 300 });
  expect(run.error).toMatchObject({ code: "tool_failed", details: { stopped: "timeout" } });
  expect(run.error?.message).toContain("it took longer than its timeout");
  expect(await commandsWith(mark)).toEqual([]);
});

test("a command that leaves a daemon behind, forked twice into its own session, leaves none", async () => {
  const mark = randomSeconds();
  const script = `(setsid sh -c 'sleep ${mark} & sleep ${mark}' </dev/null >/dev/null 2>&1 &); echo left`;
  const run = await runs("succeeded", "sh", ["-c", script]);
  expect(run.steps[0]?.output).toMatchObject({ stdout: "left\n" });
  expect(await commandsWith(mark)).toEqual([]);
});

test("what a command writes may hold NUL, invalid UTF-8 and escape sequences", async () => {
  const run = await runs("succeeded", "printf", ["a\\000b\\377\\355\\240\\200\\033[31m\\342\\200\\256z"]);
  expect(run.steps[0]?.output).toMatchObject({ stdout: "a\0b\ufffd\ufffd\ufffd\ufffd\u001b[31m\u202ez" });
  let logged = "";
  for await (const { text } of gantry.client.runs.logs(run.id)) logged += text;
  expect(logged).toContain("a\0b\ufffd");
});

test("a command that fails is told with its exit code and its last words, and the next one runs", async () => {
  const run = await runs("failed", "sh", ["-c", "echo no such bucket >&2; exit 9"]);
  expect(run.error?.message).toBe('"sh -c" ended with exit code 9: no such bucket');
  await runs("succeeded", "true", []);
});

async function runs(
  wanted: RunStatus,
  command: string,
  args: string[],
  limits: { timeoutMs?: number; graceMs?: number } = {},
): Promise<RunDetail> {
  const plan = planOf((builder) => void builder.step("execute", execute, { command, args, ...limits }));
  const { id } = await gantry.client.runs.create({ plan });
  return reaches(gantry.client, id, wanted);
}

/** As an argument of `sleep` it marks the processes of one test. */
function randomSeconds(): string {
  return `${randomInt(10_000, 99_999)}.${randomInt(100_000, 999_999)}`;
}

async function commandsWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return commands.filter((command) => command.includes(text));
}

/** The most that the process ever had in memory at once, in bytes. */
async function peakMemory(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
}

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createExec, ExecutionExistsError, ExecutionLostError } from "../../../platform/src/exec/index.ts";
import type { ExecDeps, ExecRequest } from "../../../platform/src/exec/index.ts";
import type { WorkerTask } from "./fixtures/worker.ts";
import { modes, startHost } from "./setup.ts";
import type { Mode, TestHost } from "./setup.ts";

const workerProgram = fileURLToPath(new URL("fixtures/worker.ts", import.meta.url));
const shimProgram = fileURLToPath(new URL("../../../platform/src/exec/shim.ts", import.meta.url));
const never = new AbortController().signal;

/** Starts a worker that runs the tool, and kills the worker once the tool says that it is up. */
async function runUnderKilledWorker(host: TestHost, deps: Mode["deps"], request: ExecRequest): Promise<ExecDeps> {
  const full: ExecDeps = {
    root: join(host.directory, "executions"),
    environment: { PATH: process.env["PATH"] },
    ...deps,
  };
  const task: WorkerTask = { deps: full, request, secrets: ["hunter2-correct"] };
  const worker = spawn(process.execPath, [workerProgram, JSON.stringify(task)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  await expect.poll(() => existsSync(join(host.workspace.work, "up"))).toBe(true);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGKILL");
  await ended;
  return full;
}

describe.each(modes)("a tool whose worker was killed, $mode,", ({ deps }) => {
  test("goes on to its end under `continue` and is adopted by the next worker with exit code and output", async () => {
    await using host = await startHost(deps);
    const goOn = join(host.workspace.work, "go-on");
    const script = `touch up; echo before; while [ ! -e ${goOn} ]; do sleep 0.02; done; echo after hunter2-correct; exit 9`;
    const request = host.request({ args: ["-c", script], onWorkerLoss: "continue" });
    const full = await runUnderKilledWorker(host, deps, request);

    const next = createExec(full);
    expect(await next.adopt(request.id)).toEqual({ state: "running" });
    expect(await next.list()).toEqual([{ id: request.id, attemptId: host.attemptId, state: "running" }]);
    await expect(next.remove(host.attemptId)).rejects.toThrow(/settle/);
    const seen: string[] = [];
    const waiting = next.wait(request.id, {
      signal: never,
      onOutput: ({ bytes }) => seen.push(Buffer.from(bytes).toString()),
    });
    await writeFile(goOn, "");
    const result = await waiting;
    expect(result).toMatchObject({ exitCode: 9, stopped: null });
    expect(result.stdout.text).toBe("before\nafter [redacted]\n");
    expect(seen.join("")).toBe(result.stdout.text);
    expect(await next.adopt(request.id)).toEqual({ state: "finished", result });
    expect(host.left()).toBe(0);

    await expect(
      host.exec.run(request, {
        signal: never,
        redactor: (await import("../../../platform/src/lib/redact.ts")).createRedactor([]),
      }),
    ).rejects.toThrow(ExecutionExistsError);
    await next.remove(host.attemptId);
    expect(await next.adopt(request.id)).toEqual({ state: "absent" });
  });

  test("is asked to stop under `interrupt`, and its answer is kept", async () => {
    await using host = await startHost(deps);
    const script = "trap 'echo saved state; exit 4' INT; touch up; while :; do sleep 0.02; done";
    const request = host.request({
      args: ["-c", script],
      onWorkerLoss: "interrupt",
      stopSignal: "SIGINT",
      gracePeriodMs: 10_000,
    });
    const full = await runUnderKilledWorker(host, deps, request);
    const result = await createExec(full).wait(request.id, { signal: never });
    expect(result).toMatchObject({ exitCode: 4, stopped: "worker_lost" });
    expect(result.stdout.text).toBe("saved state\n");
    expect(host.left()).toBe(0);
  });

  test("is killed under `kill`, with what it started in a session of its own", async () => {
    await using host = await startHost(deps);
    const script = "trap '' TERM INT; (setsid sleep 1000 &); touch up; while :; do sleep 0.02; done";
    const request = host.request({ args: ["-c", script], onWorkerLoss: "kill" });
    const full = await runUnderKilledWorker(host, deps, request);
    expect((await createExec(full).wait(request.id, { signal: never })).stopped).toBe("worker_lost");
    expect(host.left()).toBe(0);
  });

  test("is settled by the next worker", async () => {
    await using host = await startHost(deps);
    const script = "trap '' TERM INT; (setsid sleep 1000 &); touch up; while :; do sleep 0.02; done";
    const request = host.request({ args: ["-c", script], onWorkerLoss: "continue", gracePeriodMs: 200 });
    const full = await runUnderKilledWorker(host, deps, request);
    const next = createExec(full);
    await next.settle(host.attemptId);
    expect(host.left()).toBe(0);
    expect(await next.adopt(request.id)).toMatchObject({ state: "finished", result: { stopped: "canceled" } });
  });

  test("is canceled by the next worker that waits for it", async () => {
    await using host = await startHost(deps);
    const script = "trap 'exit 6' TERM; touch up; while :; do sleep 0.02; done";
    const request = host.request({ args: ["-c", script], onWorkerLoss: "continue" });
    const full = await runUnderKilledWorker(host, deps, request);
    expect(await createExec(full).wait(request.id, { signal: AbortSignal.abort() })).toMatchObject({
      exitCode: 6,
      stopped: "canceled",
    });
  });

  test("and whose shim was killed too is lost, not finished, and can be settled", async () => {
    await using host = await startHost(deps);
    const request = host.request({ args: ["-c", "touch up; while :; do sleep 0.02; done"], onWorkerLoss: "continue" });
    const full = await runUnderKilledWorker(host, deps, request);
    const next = createExec(full);
    process.kill(await shimPid(next.folderOf(request.id)), "SIGKILL");
    await expect.poll(() => next.adopt(request.id)).toEqual({ state: "lost" });
    await expect(next.wait(request.id, { signal: never })).rejects.toThrow(ExecutionLostError);
    await next.settle(host.attemptId);
    expect(host.left()).toBe(0);
  });
});

test("a worker whose shim was killed hears that the execution is lost, and nothing of it goes on", async () => {
  await using host = await startHost({ bubblewrap: null });
  const running = host.run({ args: ["-c", "(setsid sleep 1000 &); touch up; sleep 1000"] });
  const kill = async (): Promise<void> => {
    await expect.poll(() => existsSync(join(host.workspace.work, "up"))).toBe(true);
    process.kill(await shimPid(host.exec.folderOf(`${host.attemptId}.0`)), "SIGKILL");
  };
  await Promise.all([expect(running).rejects.toThrow(ExecutionLostError), kill()]);
  expect(host.left()).toBe(0);
});

test("an execution that was given up never begins, even if its shim was on its way", async () => {
  await using host = await startHost({ bubblewrap: null });
  const id = `${host.attemptId}.0`;
  const folder = host.exec.folderOf(id);
  expect(await host.exec.adopt(id)).toEqual({ state: "absent" });
  await mkdir(folder);
  await utimes(folder, 0, 0);
  expect(await host.exec.adopt(id)).toEqual({ state: "given_up" });
  const shim = spawn(process.execPath, [shimProgram], { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: shim.stdout }).on("line", (line) => lines.push(line));
  const order = {
    folder,
    file: "/bin/sh",
    args: ["-c", "touch began"],
    cwd: host.workspace.work,
    env: {},
    stdin: "",
    secrets: [],
    settledFile: host.exec.settledFileOf(host.attemptId),
  };
  shim.stdin.write(`${JSON.stringify({ ...order, gracePeriodMs: 0, timeoutMs: 1_000, outputBytes: 1 })}\n`);
  await new Promise((resolve) => shim.once("close", resolve));
  expect(lines).toEqual([]);
  expect(existsSync(join(host.workspace.work, "began"))).toBe(false);
});

test("nothing of an attempt that was settled begins any more, though its worker comes back to it", async () => {
  await using host = await startHost({ bubblewrap: null });
  await host.exec.settle(host.attemptId);
  await expect(host.run({ args: ["-c", "touch began"] })).rejects.toThrow(ExecutionLostError);
  expect(existsSync(join(host.workspace.work, "began"))).toBe(false);
});

async function shimPid(folder: string): Promise<number> {
  return (JSON.parse(await readFile(join(folder, "started.json"), "utf8")) as { pid: number }).pid;
}

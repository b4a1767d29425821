import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { thinkingCrashPoints } from "../../../platform/src/lib/crash-points.ts";
import { compiledProgram } from "../../support/compiled.ts";
import { startTestEngine, type TestEngine } from "../../support/engine.ts";
import { createMemoryRunner } from "../../support/memory-runner.ts";
import { thinkingTool } from "../../support/thinker.ts";
import type { WorkerProcessOptions } from "../../support/worker-process.ts";

const script = path.resolve(import.meta.dirname, "../../support/worker-process.ts");
let directory: string;
let ledger: string;
let engine: TestEngine;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "gantry-thinking-"));
  ledger = path.join(directory, "ledger");
  engine = await startTestEngine({ tools: [thinkingTool(ledger)] });
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** What happened at the second passing of each point: how often the second answer was asked for, and the second look made. */
const points: Record<(typeof thinkingCrashPoints)[number], { answered: number; looked: number; failed: number }> = {
  // It arrived, and nobody had written it down: the one answer that is paid for again.
  "after-answer": { answered: 2, looked: 1, failed: 0 },
  "after-answer-noted": { answered: 1, looked: 1, failed: 0 },
  // Announced: whether it ran isn't known to whoever goes on, so the model is told, and it isn't made again.
  "before-tool-call": { answered: 1, looked: 0, failed: 1 },
  "after-tool-call": { answered: 1, looked: 1, failed: 1 },
};

test.each(Object.entries(points))(
  "a worker killed while an agent thinks, at %s, pays for no recorded answer again and calls no tool twice",
  async (point, { answered, looked, failed }) => {
    const run = await engine.submit(engine.plan([{ id: "think", tool: "ledger.think" }]));
    const options: WorkerProcessOptions = {
      config: { databaseUrl: engine.database.engineUrl, leaseMs: 1_000, pollMs: 200, crashAt: `${point}:2` },
      ledger,
      child: null,
    };
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      env: { ...process.env, ...compiledProgram },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const overdue = setTimeout(() => child.kill("SIGTERM"), 250_000);
    expect(await new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)))).toBe("SIGKILL");
    clearTimeout(overdue);
    const other = await engine.startWorker({
      config: { host: "test-host", leaseMs: 1_000, pollMs: 200 },
      runner: createMemoryRunner([thinkingTool(ledger)]),
    });
    await engine.reaches(run, "succeeded", "failed");
    const lines = (await readFile(ledger, "utf8")).split("\n").filter((line) => line.startsWith(run));
    const times = (what: string): number => lines.filter((line) => line === `${run} ${what}`).length;
    expect([1, 2, 3, 4].map((turn) => times(`answered ${turn}`))).toEqual([1, answered, 1, 1]);
    expect([1, 2, 3].map((turn) => times(`looked ${turn}`))).toEqual([1, looked, 1]);
    const end = (await engine.events(run)).find(({ type }) => type === "attempt.succeeded");
    expect(end?.data).toMatchObject({ output: { text: "all looked at", turns: 4, failed } });
    await other.drain();
  },
);

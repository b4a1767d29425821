import { expect, test } from "vitest";
import { digestOf, Plan, type Actor, type RunEvent } from "@gantry/sdk";
import { createRun, evolve } from "@gantry/sdk/core";
import { failureOf } from "./run-failure.ts";
import { timelineOf } from "./timeline.ts";

const actor: Actor = { kind: "user", id: "r", name: "requester" };
const error = { code: "tool_failed", message: "no", retryable: true };

function history(steps: object[]) {
  const facts = { digest: "1", effect: "reads", idempotent: true, preview: false, inspect: false, verify: false };
  const plan = Plan.parse({
    format: 1,
    goal: "test",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [
      { ...facts, name: "test.look", version: "1", undo: false, timeoutMs: 1, retry: { initialMs: 1, maxMs: 1 } },
    ],
    steps: steps.map((step) => ({ kind: "tool", agent: "test", tool: "test.look", input: {}, ...step })),
  });
  const state = createRun({ id: "run", plan, planDigest: digestOf(plan), requester: actor });
  const events: RunEvent[] = [];
  const add = (at: number, type: string, data: object): void => {
    const event = { type, seq: events.length + 1, at, actor, data } as RunEvent;
    evolve(state, event);
    events.push(event);
  };
  const start = (at: number, step: string, number = 1): void =>
    add(at, "attempt.started", {
      attemptId: `${step} ${number}`,
      step,
      operation: "run",
      number,
      input: "",
      changeSet: null,
      worker: "w",
      host: "h",
      timeoutMs: 1,
    });
  const end = (at: number, step: string, number = 1): void =>
    add(at, "attempt.succeeded", { attemptId: `${step} ${number}`, step, operation: "run", output: null });
  const fail = (at: number, step: string, number = 1, details: object = {}): void =>
    add(at, "attempt.failed", { attemptId: `${step} ${number}`, step, operation: "run", error: { ...error, details } });
  add(0, "run.created", { goal: "test", planDigest: state.planDigest, priority: 0, parent: null });
  return { state, events, add, start, end, fail };
}

test("bars, waits and idle time follow from the history, and what goes on has no end", () => {
  const run = history([{ id: "a" }, { id: "b", after: ["a"] }]);
  run.add(1_000, "run.started", { decision: {}, deadlineAt: null });
  run.start(1_000, "a");
  run.fail(2_000, "a");
  run.add(2_000, "step.retry_scheduled", { step: "a", operation: "run", dueAt: 12_000 });
  run.start(12_000, "a", 2);
  run.end(13_000, "a", 2);
  run.add(13_000, "run.paused", { reason: "let me look" });
  run.add(20_000, "run.resumed", {});
  run.start(20_000, "b");
  const found = timelineOf(run, { now: 21_000, full: false });
  expect(found).toMatchObject({
    from: 0,
    to: null,
    attempts: 3,
    rows: [
      {
        step: "a",
        bars: [
          { from: 1_000, to: 2_000, status: "failed", count: 1 },
          { from: 12_000, to: 13_000, status: "succeeded" },
        ],
        waits: [{ from: 2_000, to: 12_000, on: "time" }],
      },
      { step: "b", bars: [{ from: 20_000, to: null, status: "running" }], waits: [] },
    ],
    waits: [{ from: 13_000, to: 20_000, on: "resume", detail: "let me look" }],
    omitted: { rows: 0, attempts: 0 },
  });
  expect(found.gaps).toEqual([
    { from: 2_000, to: 12_000, on: "time" },
    { from: 13_000, to: 20_000, on: "resume" },
  ]);
});

test("2,000 items of a loop are one row of few bars that shows the worst, or a row each, the failed one among them", () => {
  const run = history([{ id: "all", each: [], parallel: 10 }]);
  run.add(0, "run.started", { decision: {}, deadlineAt: null });
  const items = Array.from({ length: 2_000 }, (_, index) => index);
  run.add(0, "step.expanded", { step: "all", items });
  for (const item of items) {
    run.start(item * 10, `all[${item}]`);
    if (item === 1_900) {
      run.fail(item * 10 + 9, `all[${item}]`);
      run.add(item * 10 + 9, "step.failed", { step: `all[${item}]`, error });
    } else run.end(item * 10 + 9, `all[${item}]`);
  }
  const compact = timelineOf(run, { now: 20_000, full: false });
  expect(compact.rows).toHaveLength(1);
  expect(compact.rows[0]).toMatchObject({ step: "all", steps: 2_000 });
  expect(compact.rows[0]?.bars.length).toBeLessThan(500);
  expect(compact.rows[0]?.bars.reduce((sum, { count }) => sum + count, 0)).toBe(2_000);
  expect(compact.rows[0]?.bars.some(({ status }) => status === "failed")).toBe(true);
  const full = timelineOf(run, { now: 20_000, full: true });
  expect(full.rows).toHaveLength(1_000);
  expect(full.rows.some(({ step }) => step === "all[1900]")).toBe(true);
  expect(full.omitted).toEqual({ rows: 1_001, attempts: 1_001 });
});

test("a failure names the step that failed first, its command, and how often it was tried", () => {
  const run = history([{ id: "a" }, { id: "b" }]);
  run.add(0, "run.started", { decision: {}, deadlineAt: null });
  run.start(0, "a");
  run.start(0, "b");
  run.fail(1, "b");
  run.start(2, "b", 2);
  run.fail(3, "b", 2, { commandLine: "curl https://me:hush@example.org", command: "curl", exitCode: 22 });
  run.add(3, "step.failed", { step: "b", error });
  expect(failureOf({ ...run, events: run.events.slice(0, 1), state: history([{ id: "a" }]).state })).toBeNull();
  run.fail(4, "a");
  run.add(4, "step.failed", { step: "a", error });
  expect(failureOf(run)).toMatchObject({
    step: { key: "b", tool: "test.look", needsPerson: false },
    attempt: { id: "b 2", status: "failed" },
    command: "curl https://me:[redacted]@example.org",
    exitCode: 22,
    host: "h",
    tries: 2,
    alsoFailed: ["a"],
  });
});

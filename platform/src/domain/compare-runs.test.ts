import { expect, test } from "vitest";
import { digestOf, Plan, type Actor, type Json, type RunEvent } from "@gantry/sdk";
import type { RunSummary } from "@gantry/sdk/api";
import { createRun, evolve } from "@gantry/sdk/core";
import { compareRuns, type ComparedRun } from "./compare-runs.ts";

const actor: Actor = { kind: "user", id: "r", name: "requester" };
const created = Date.UTC(2026, 0, 1);

function planOf(version: string, steps: object[], parameters: { [key: string]: Json } = {}): Plan {
  const facts = { digest: version, effect: "reads", idempotent: true, preview: false, inspect: false, verify: false };
  return Plan.parse({
    format: 1,
    goal: "test",
    runbook: null,
    parameters,
    environment: "dev",
    onFailure: "stop",
    tools: [{ ...facts, name: "test.look", version, undo: false, timeoutMs: 1, retry: { initialMs: 1, maxMs: 1 } }],
    steps: steps.map((step) => ({ kind: "tool", agent: "test", tool: "test.look", input: {}, ...step })),
  });
}

/** A run of which every step ran once, but for `failures` tries of the first that failed before. */
function runOf(plan: Plan, { failures = 0, ms = 1_000 } = {}): ComparedRun {
  const state = createRun({ id: "run", plan, planDigest: digestOf(plan), requester: actor });
  const events: RunEvent[] = [];
  let at = created;
  const add = (type: string, data: object): void => {
    const event = { type, seq: events.length + 1, at, actor, data } as RunEvent;
    evolve(state, event);
    events.push(event);
  };
  add("run.created", { goal: "test", planDigest: state.planDigest, priority: 0, parent: null });
  at += 500;
  add("run.started", { decision: {}, deadlineAt: null });
  for (const [index, { id: step }] of plan.steps.entries()) {
    for (let number = 1; number <= (index === 0 ? failures : 0) + 1; number += 1) {
      const attempt = { attemptId: `${step}${number}`, step, operation: "run" };
      add("attempt.started", { ...attempt, number, input: "", changeSet: null, worker: "", host: "", timeoutMs: 1 });
      at += ms;
      const failed = index === 0 && number <= failures;
      const error = { code: "no", message: "no", retryable: true };
      add(failed ? "attempt.failed" : "attempt.succeeded", {
        ...attempt,
        ...(failed ? { error } : { output: { ms } }),
      });
    }
  }
  add("run.finished", { status: "succeeded", error: null });
  const summary = {
    id: "run",
    status: "succeeded",
    createdAt: new Date(created).toISOString(),
    finishedAt: new Date(at).toISOString(),
  } as RunSummary;
  return { summary, state, events };
}

const twoSteps = [{ id: "a" }, { id: "b", after: ["a"] }];

test("runs of one plan are the same whatever time they took", () => {
  const comparison = compareRuns(runOf(planOf("1", twoSteps)), runOf(planOf("1", twoSteps)), 0);
  expect(comparison).toMatchObject({
    same: true,
    timing: { a: { queuedMs: 500, workedMs: 2_000, totalMs: 2_500 } },
    changeSet: { a: null, b: null, differences: [] },
  });
});

test("other tools, steps, parameters, tries and outputs are told apart", () => {
  const a = runOf(planOf("1", twoSteps, { to: "blue" }));
  const b = runOf(planOf("2", [{ id: "a", input: { size: 1 } }, { id: "c" }], { to: "green" }), {
    failures: 1,
    ms: 3_000,
  });
  const comparison = compareRuns(a, b, 0);
  expect(comparison).toMatchObject({
    same: false,
    parameters: [{ path: "to", a: "blue", b: "green" }],
    plan: { same: false, added: ["c"], removed: ["b"], steps: [{ path: "a.input.size", b: 1 }], frame: [] },
    tools: [{ tool: "test.look", a: "1", b: "2" }],
    steps: [
      {
        step: "a",
        a: { runs: 1, failures: 0, ms: 1_000 },
        b: { runs: 2, failures: 1, ms: 6_000 },
        input: [{ path: "size", b: 1 }],
        output: [{ path: "ms", a: 1_000, b: 3_000 }],
      },
      { step: "b", b: null },
      { step: "c", a: null },
    ],
  });
});

test("a package built anew under its old version is another tool", () => {
  const again = planOf("1", twoSteps);
  const rebuilt = { ...again, tools: again.tools.map((tool) => ({ ...tool, digest: "other" })) };
  expect(compareRuns(runOf(again), runOf(rebuilt), 0).tools).toEqual([
    { tool: "test.look", a: "1 (1)", b: "1 (other)" },
  ]);
});

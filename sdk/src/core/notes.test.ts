import { expect, test } from "vitest";
import { digestOf, type Json } from "../json.ts";
import { Plan } from "../plan.ts";
import { attemptInput, createRun, decide, restoreSnapshot, snapshotOf, statusOf, type RunInput } from "./index.ts";

const requester = { kind: "user", id: "requester", name: "requester" } as const;

test("what attempts wrote down that were lost or failed is given to the next one, and forgotten once one succeeds", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_noted", attemptId: "a1", note: "first" });
  run.tell({ kind: "attempt_lost", attemptId: "a1", reason: "worker died" });
  expect(run.given("a2")).toEqual(["first"]);
  run.tell({ kind: "attempt_noted", attemptId: "a2", note: { second: true } });
  const error = { code: "model_unavailable", message: "try again", retryable: true };
  run.tell({ kind: "attempt_failed", attemptId: "a2", error, uncertain: false });
  run.pass();
  expect(run.given("a3")).toEqual(["first", { second: true }]);
  run.tell({ kind: "attempt_succeeded", attemptId: "a3", output: null });
  expect(run.state.steps.get("look")?.notes).toBeNull();
});

test("a note of an attempt that is over is not written", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_lost", attemptId: "a1", reason: "worker died" });
  expect(run.tell({ kind: "attempt_noted", attemptId: "a1", note: "late" })).toEqual([]);
  expect(run.given("a2")).toEqual([]);
});

test("somebody who has a failed step tried again begins anew", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_noted", attemptId: "a1", note: "a wrong turn" });
  const error = { code: "gave_up", message: "no", retryable: false };
  run.tell({ kind: "attempt_failed", attemptId: "a1", error, uncertain: false });
  run.tell({ kind: "retry", actor: requester });
  expect(run.given("a2")).toEqual([]);
});

const awaited = (until: number) => ({
  code: "answer_awaited",
  message: "Which region?",
  retryable: true,
  details: { question: "q1", until, group: null },
});
const answered = (question: string): RunInput => ({
  kind: "signal",
  actor: requester,
  name: "question.answered",
  payload: { question },
});

test("a step that asks people waits until they answer, goes on at once, and has used up no try", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_noted", attemptId: "a1", note: "asked" });
  run.tell({ kind: "attempt_failed", attemptId: "a1", error: awaited(9_000_000), uncertain: false });
  expect(statusOf(run.state)).toMatchObject({
    status: "needs_attention",
    waiting: { on: "person", detail: "Which region?", until: 9_000_000, who: "whoever may run it" },
  });
  expect(run.tell(answered("another")).map(({ type }) => type)).toEqual(["signal.received"]);
  expect(run.tell(answered("q1")).map(({ type }) => type)).toEqual([
    "signal.received",
    "step.retry_scheduled",
    "attempt.started",
  ]);
  expect(run.given("a2")).toEqual(["asked"]);
  expect(run.state.steps.get("look")?.tries.run).toBe(1);
});

test("an answer that was quicker than the attempt's end isn't missed", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell(answered("q1"));
  const events = run.tell({ kind: "attempt_failed", attemptId: "a1", error: awaited(9_000_000), uncertain: false });
  expect(events.map(({ type }) => type)).toEqual(["attempt.failed", "step.retry_scheduled", "attempt.started"]);
});

test("a run that is cancelled while it asks ends", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_failed", attemptId: "a1", error: awaited(9_000_000), uncertain: false });
  run.tell({ kind: "cancel", actor: requester, undo: false, reason: null });
  expect(run.state.status).toBe("canceled");
});

test("an attempt that goes on after a restart is given its own notes, from a snapshot too", () => {
  const run = start();
  run.tell({ kind: "advance" });
  run.tell({ kind: "attempt_noted", attemptId: "a1", note: 1 });
  const stored = JSON.parse(JSON.stringify(snapshotOf(run.state))) as Json;
  const restored = restoreSnapshot(run.seed, stored);
  expect(restored && attemptInput(restored, "a1").notes).toEqual([1]);
});

function start() {
  const plan = Plan.parse({
    format: 1,
    goal: "look",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [
      {
        name: "test.look",
        version: "1.0.0",
        digest: "d",
        effect: "reads",
        idempotent: true,
        preview: false,
        inspect: false,
        verify: false,
        undo: false,
        timeoutMs: 60_000,
        retry: { attempts: 3, initialMs: 100, factor: 1, maxMs: 100 },
      },
    ],
    steps: [{ id: "look", kind: "tool", agent: "test", tool: "test.look", input: {} }],
  });
  const seed = { id: "run", plan, planDigest: digestOf(plan), requester };
  const state = createRun(seed);
  let now = 0;
  let ids = 0;
  const tell = (input: RunInput) =>
    decide(state, input, {
      now,
      worker: "w",
      host: "h",
      random: () => 0,
      newId: () => `a${(ids += 1)}`,
      fingerprint: (tool) => tool,
      assess: () => ({
        decision: { result: "allow", policies: [], reasons: [], facts: {}, approvals: [] },
        risk: { level: "low", reasons: [] },
      }),
      halt: null,
      freeze: null,
      capacity: 10,
      holdsSlot: () => true,
      permit: () => "free",
      approvalMs: 1,
    });
  return {
    seed,
    state,
    tell,
    given: (attempt: string) => attemptInput(state, attempt).notes,
    pass: () => {
      now += 1_000;
      tell({ kind: "advance" });
    },
  };
}

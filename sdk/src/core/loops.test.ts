import { expect, test } from "vitest";
import { digestOf } from "../json.ts";
import type { RunEvent } from "../events.ts";
import { Plan } from "../plan.ts";
import {
  createRun,
  decide,
  evolve,
  type OpenAttempt,
  type RunInput,
  type RunState,
  type Surroundings,
} from "./index.ts";

const count = 10_000;
const requester = { kind: "user", id: "requester", name: "requester" } as const;

test("a loop whose 10,000 items are skipped one after the other ends", () => {
  const run = start({ when: "item < 0", parallel: 1 });
  run.tell({ kind: "advance" });
  expect(run.state.status).toBe("succeeded");
});

test("a loop keeps what may start, what waits and what is due at hand, so that no event looks through its 10,000 items", () => {
  const run = start({});
  run.tell({ kind: "advance" });
  const { steps } = run.state;
  let looks = 0;
  const look = steps.get.bind(steps);
  const iterate = steps.values.bind(steps);
  steps.get = (key) => {
    looks += 1;
    return look(key);
  };
  steps.values = () => {
    looks += count;
    return iterate();
  };
  const [first] = run.state.open.keys();
  run.tell({ kind: "attempt_succeeded", attemptId: first as string, output: { ok: true } });
  expect(run.state.open.size).toBe(2);
  expect(looks).toBeLessThan(50);
});

test("an item whose preview failed before its turn runs once after the run is retried, and no more items at once than allowed", () => {
  const run = start({ parallel: 1 }, "changes", 3);
  const started = new Map<string, number>();
  let most = 0;
  const answer = (input: RunInput): void => {
    for (const event of run.tell(input))
      if (event.type === "attempt.started" && event.data.operation === "run")
        started.set(event.data.step, (started.get(event.data.step) ?? 0) + 1);
    most = Math.max(most, [...run.state.open.values()].filter(({ operation }) => operation === "run").length);
  };
  answer({ kind: "advance" });
  let refused = false;
  while (run.state.open.size > 0) {
    const [{ id, step, operation }] = [...run.state.open.values()] as [OpenAttempt];
    const preview = { summary: "", effect: "changes", counts: { add: 1, change: 0, destroy: 0 }, touches: [], undo };
    if (step === "each[2]" && !refused) {
      refused = true;
      answer({
        kind: "attempt_failed",
        attemptId: id,
        error: { code: "no", message: "no", retryable: false },
        uncertain: false,
      });
    } else
      answer({ kind: "attempt_succeeded", attemptId: id, output: operation === "preview" ? preview : { ok: true } });
    if (run.state.status === "failed") answer({ kind: "retry", actor: requester });
  }
  expect(run.state.status).toBe("succeeded");
  expect([...started.values()]).toEqual([1, 1, 1]);
  expect(most).toBe(1);
});

const undo = { possible: true, how: "", limits: [] };

/** One tool, for each of so many numbers; two attempts at once. */
function start(
  loop: { when?: string; parallel?: number },
  effect: "reads" | "changes" = "reads",
  items = count,
): { state: RunState; tell(input: RunInput): RunEvent[] } {
  const plan = Plan.parse({
    format: 1,
    goal: "many",
    runbook: null,
    parameters: {},
    environment: "dev",
    onFailure: "stop",
    tools: [
      {
        name: "test.read",
        version: "1.0.0",
        digest: "d",
        effect,
        idempotent: true,
        preview: effect === "changes",
        inspect: false,
        verify: false,
        undo: false,
        timeoutMs: 60_000,
        retry: { attempts: 1, initialMs: 1, factor: 1, maxMs: 1 },
      },
    ],
    steps: [
      {
        id: "each",
        kind: "tool",
        agent: "test",
        tool: "test.read",
        input: { of: { $item: [] } },
        each: Array.from({ length: items }, (_, index) => index),
        ...loop,
      },
    ],
  });
  const planDigest = digestOf(plan);
  const state = createRun({ id: "run", plan, planDigest, requester });
  const data = { goal: plan.goal, planDigest, priority: 0, parent: null, dryRun: false };
  evolve(state, { type: "run.created", seq: 1, at: 0, actor: requester, data });
  let ids = 0;
  const allowed = { result: "allow", policies: [], reasons: [], facts: {}, approvals: [] } as const;
  const around: Omit<Surroundings, "capacity"> = {
    now: 0,
    worker: "w",
    host: "h",
    random: () => 0.5,
    newId: () => `a${(ids += 1)}`,
    fingerprint: (tool) => tool,
    assess: () => ({
      decision: { ...allowed, policies: [], reasons: [], approvals: [] },
      risk: { level: "low", reasons: [] },
    }),
    halt: null,
    freeze: null,
    holdsSlot: () => true,
    permit: () => "free",
    approvalMs: 1,
  };
  return {
    state,
    tell: (input) => {
      const ending = input.kind.startsWith("attempt_") ? 1 : 0;
      return decide(state, input, { ...around, capacity: 2 - state.open.size + ending });
    },
  };
}

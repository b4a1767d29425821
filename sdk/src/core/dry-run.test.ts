import { expect, test } from "vitest";
import { digestOf } from "../json.ts";
import { Plan } from "../plan.ts";
import { createRun } from "./create-run.ts";
import { evolve } from "./evolve.ts";
import { startAttempt, step, type Machine } from "./machine.ts";

const requester = { kind: "user" as const, id: "r", name: "requester" };
const facts = { version: "1", digest: "d", idempotent: false, preview: true, inspect: true, verify: true, undo: true };
const retry = { attempts: 1, initialMs: 1, factor: 1, maxMs: 1 };
const plan = Plan.parse({
  format: 1,
  goal: "test",
  runbook: null,
  parameters: {},
  environment: "dev",
  onFailure: "stop",
  tools: (["reads", "changes"] as const).map((effect) => ({
    ...facts,
    name: `test.${effect}`,
    effect,
    retry,
    timeoutMs: 1,
  })),
  steps: ["reads", "changes"].map((effect) => ({
    id: effect,
    kind: "tool",
    agent: "test",
    tool: `test.${effect}`,
    input: {},
  })),
});

function machineOf(dryRun: boolean): Machine {
  const planDigest = digestOf(plan);
  const state = createRun({ id: "run", plan, planDigest, requester });
  const data = { goal: "test", planDigest, priority: 0, parent: null, dryRun };
  evolve(state, { type: "run.created", seq: 1, at: 0, actor: requester, data });
  const around = {
    now: 1,
    worker: "w",
    host: "h",
    newId: () => `a${state.seq}`,
    permit: () => "free",
  } as unknown as Machine["around"];
  return { state, around, events: [], capacity: 100 };
}

test("whatever decides so, no attempt of a dry run may change something", () => {
  const dry = machineOf(true);
  for (const operation of ["run", "undo"] as const)
    expect(() => startAttempt(dry, step(dry, "changes"), operation)).toThrow(/is a dry run/);
  expect(dry.events).toEqual([]);
  for (const operation of ["preview", "inspect", "verify"] as const) startAttempt(dry, step(dry, "changes"), operation);
  startAttempt(dry, step(dry, "reads"), "run");
  expect(dry.events).toHaveLength(4);
  const real = machineOf(false);
  startAttempt(real, step(real, "changes"), "run");
  expect(real.events).toHaveLength(1);
});

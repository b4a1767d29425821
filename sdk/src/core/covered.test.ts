import { expect, test } from "vitest";
import { digestOf } from "../json.ts";
import { Plan } from "../plan.ts";
import { createRun, decide, type RunInput, type Surroundings } from "./index.ts";

const requester = { kind: "user" as const, id: "requester", name: "requester" };
const approver = { kind: "user" as const, id: "approver", name: "approver" };

const plan = Plan.parse({
  format: 1,
  goal: "change a thing",
  runbook: null,
  parameters: {},
  environment: "staging",
  onFailure: "stop",
  steps: [{ id: "a", kind: "tool", agent: "test", tool: "test.change", input: { size: 1 } }],
  tools: [
    {
      name: "test.change",
      version: "1.0.0",
      digest: "d",
      effect: "changes",
      idempotent: false,
      preview: false,
      inspect: false,
      verify: false,
      undo: false,
      timeoutMs: 1_000,
      retry: {},
    },
  ],
});

/** A run at its gate, and how to tell it things while the world around it changes. */
function waitingRun() {
  const state = createRun({ id: "run", plan, planDigest: digestOf(plan), requester });
  let ids = 0;
  const around: { -readonly [K in keyof Surroundings]: Surroundings[K] } = {
    now: 1_000,
    worker: "w",
    host: "h",
    random: () => 0.5,
    newId: () => `id-${(ids += 1)}`,
    fingerprint: () => "the tool that was previewed",
    assess: ({ scope }) => ({
      decision: {
        result: scope === "change_set" ? "require_approval" : "allow",
        policies: ["guard"],
        reasons: [],
        facts: {},
        approvals: scope === "change_set" ? [{ group: "approvers", count: 1 }] : [],
      },
      risk: { level: "low", reasons: [] },
    }),
    halt: null,
    freeze: null,
    capacity: 10,
    holdsSlot: () => true,
    permit: () => "free",
    approvalMs: 60_000,
  };
  const tell = (input: RunInput) => decide(state, input, around).map((event) => event.type);
  tell({ kind: "advance" });
  const [gate] = state.gates.values();
  if (!gate) throw new Error("The run has no gate.");
  const approve = () =>
    tell({ kind: "approve", actor: approver, groups: ["approvers"], hash: gate.hash, reason: null });
  return { around, tell, approve };
}

test("what was approved starts under its approval", () => {
  expect(waitingRun().approve()).toEqual(["approval.recorded", "change_set.approved", "attempt.started"]);
});

test("another tool than the one that was previewed voids the approval, and nothing starts", () => {
  const { around, approve } = waitingRun();
  around.fingerprint = () => "another tool";
  expect(approve()).toEqual(["approval.recorded", "change_set.approved", "change_set.voided", "change_set.created"]);
});

test("an approval that expired before the first change is not used", () => {
  const { around, tell, approve } = waitingRun();
  around.capacity = 0;
  approve();
  around.capacity = 10;
  around.now += 60_000;
  expect(tell({ kind: "advance" })).toEqual(["change_set.voided", "change_set.created"]);
});

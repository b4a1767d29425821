import { expect, test } from "vitest";
import { digestOf } from "../json.ts";
import { Plan } from "../plan.ts";
import { createRun, decide, evolve, nextDue, type RunCommand, type RunState, type Surroundings } from "./index.ts";

const user = (id: string) => ({ kind: "user" as const, id, name: id });
const requester = user("requester");

/** A run that changes one thing, with a policy that wants these approvals. */
function waiting(approvals: { group: string; count: number }[], shared = false) {
  const tool = {
    name: "test.change",
    version: "1.0.0",
    digest: "d",
    effect: "changes",
    idempotent: false,
    timeoutMs: 1_000,
  };
  const facts = { ...tool, preview: false, inspect: false, verify: false, undo: false };
  const plan = Plan.parse({
    format: 1,
    goal: "test",
    runbook: null,
    parameters: {},
    environment: "prod",
    onFailure: "stop",
    tools: [{ ...facts, retry: { attempts: 1, initialMs: 1, factor: 1, maxMs: 1 } }],
    steps: [{ id: "a", kind: "tool", agent: "test", tool: "test.change", input: {}, after: [] }],
  });
  const planDigest = digestOf(plan);
  const state = createRun({ id: "run", plan, planDigest, requester });
  const data = {
    goal: "test",
    planDigest,
    priority: 0,
    parent: null,
    planners: [{ role: "planner" as const, id: "planner", name: "planner" }],
  };
  evolve(state, { type: "run.created", seq: 1, at: 0, actor: requester, data });
  const around = { now: 1_000, worker: "w", host: "h", halt: null, freeze: null, capacity: 0, approvalMs: 10_000 };
  const surroundings: Surroundings = {
    ...around,
    escalation: { afterMs: 4_000, group: "on-call" },
    random: () => 0,
    newId: () => "id",
    fingerprint: () => "f",
    assess: ({ scope }) => ({
      decision: {
        result: scope === "start" ? "allow" : "require_approval",
        policies: ["p"],
        reasons: [],
        facts: {},
        approvals: scope === "start" ? [] : approvals,
        ...(shared ? { shared } : {}),
      },
      risk: { level: "low", reasons: [] },
    }),
    holdsSlot: () => true,
    permit: () => "free",
  };
  const at = (now: number) => ({ ...surroundings, now });
  decide(state, { kind: "advance" }, surroundings);
  const hash = [...state.gates.keys()][0] as `sha256:${string}`;
  const told = (command: object, now = 1_000) =>
    decide(state, { hash, reason: null, ...command } as RunCommand, at(now)).map((event) =>
      event.type === "command.refused" ? event.data.error.code : event.type,
    );
  const approve = (id: string, groups: string[], more: object = {}) =>
    told({ kind: "approve", actor: user(id), groups, ...more });
  return { state, hash, told, approve, advance: (now: number) => decide(state, { kind: "advance" }, at(now)) };
}

const gateOf = (state: RunState) => [...state.gates.values()][0];

test("each group gets its own number of people, and a person stands for one group", () => {
  const { state, approve } = waiting([
    { group: "approvers", count: 2 },
    { group: "security", count: 1 },
  ]);
  expect(approve("one", ["approvers", "security"])).toEqual(["approval.recorded"]);
  expect(approve("one", ["approvers", "security"])).toEqual(["already_approved"]);
  expect(approve("two", ["approvers"], { group: "security" })).toEqual(["not_in_group"]);
  expect(approve("two", ["approvers", "security"], { group: "security" })).toEqual(["approval.recorded"]);
  expect(approve("three", ["security"])).toEqual(["not_in_group"]);
  expect(approve("three", ["approvers"])).toContain("change_set.approved");
  expect(gateOf(state)?.approvals.map(({ group }) => group)).toEqual(["approvers", "security", "approvers"]);
});

test("a person stands for several groups only where the decision says so", () => {
  const { approve } = waiting(
    [
      { group: "approvers", count: 1 },
      { group: "security", count: 1 },
    ],
    true,
  );
  expect(approve("one", ["approvers", "security"])).toEqual(
    expect.arrayContaining(["approval.recorded", "approval.recorded", "change_set.approved"]),
  );
});

test("a human counts once by whatever right, and planners don't count", () => {
  const { approve } = waiting([{ group: "approvers", count: 2 }]);
  expect(approve("planner", ["approvers"])).toEqual(["requester_cannot_approve"]);
  expect(approve("alias", ["approvers"], { person: "p", party: true })).toEqual(["requester_cannot_approve"]);
  expect(approve("first", ["approvers"], { person: "p" })).toEqual(["approval.recorded"]);
  expect(approve("second", ["approvers"], { person: "p" })).toEqual(["already_approved"]);
  const lent = { id: "d", group: "approvers", from: user("first"), person: "p", party: false };
  expect(approve("deputy", [], { delegations: [lent] })).toEqual(["not_in_group"]);
  const ofParty = { ...lent, from: user("planner"), person: "q", party: true };
  expect(approve("deputy", [], { delegations: [ofParty] })).toEqual(["not_in_group"]);
  const other = { ...lent, from: user("other"), person: "r" };
  expect(approve("deputy", [], { delegations: [other] })).toContain("change_set.approved");
});

test("a second factor is wanted where the environment wants one", () => {
  const { approve } = waiting([{ group: "approvers", count: 1 }]);
  expect(approve("one", ["approvers"], { needsProof: true, proof: null })).toEqual(["mfa_required"]);
  const proof = { id: "proof", method: "totp" };
  expect(approve("one", ["approvers"], { needsProof: true, proof })).toContain("change_set.approved");
});

test("comments stand beside the change set and leave its hash alone", () => {
  const { state, hash, told } = waiting([{ group: "approvers", count: 1 }]);
  expect(told({ kind: "comment", actor: requester, text: "Why?" })).toEqual(["change_set.commented"]);
  expect(gateOf(state)).toMatchObject({ hash, comments: [{ text: "Why?" }] });
});

test("who is to be told that nobody answers is told once, and the question still expires", () => {
  const { state, advance } = waiting([{ group: "approvers", count: 1 }]);
  expect(nextDue(state)).toBe(5_000);
  expect(advance(4_999)).toEqual([]);
  expect(advance(5_000)).toMatchObject([{ type: "approval.escalated", data: { group: "on-call" } }]);
  expect(advance(6_000)).toEqual([]);
  expect(nextDue(state)).toBe(11_000);
  expect(advance(11_000).map(({ type }) => type)).toEqual(["change_set.expired", "run.finished"]);
});

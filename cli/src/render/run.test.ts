import { expect, test } from "vitest";
import type { RunEvent } from "@gantry/sdk";
import type { ChangeSetView, RunDetail, StepView } from "@gantry/sdk/api";
import { createChangeSet, createPreview } from "@gantry/sdk/testing";
import { renderChangeSet } from "./change-set.ts";
import { renderEvent } from "./event-line.ts";
import { renderEnd, renderRun } from "./run.ts";
import { widthOf } from "./text.ts";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const at = (seconds: number): string => new Date(now + seconds * 1_000).toISOString();
const layout = { paint: (_: unknown, text: string) => text, width: 60, now };

const step = (key: string, rest: Partial<StepView> = {}): StepView => ({
  key,
  id: key,
  title: `Step ${key}`,
  kind: "tool",
  agent: "test",
  tool: "test.change",
  effect: "changes",
  status: "succeeded",
  after: [],
  fact: null,
  output: null,
  error: null,
  preview: null,
  dueAt: null,
  needsPerson: false,
  child: null,
  undo: null,
  attempts: [],
  ...rest,
});

const attempt = (from: number, to: number | null, rest: Partial<StepView["attempts"][number]> = {}) => ({
  id: "a",
  operation: "run" as const,
  number: 1,
  status: "succeeded" as const,
  startedAt: at(from),
  endedAt: to === null ? null : at(to),
  worker: "w",
  host: "web-1",
  error: null,
  ...rest,
});

const run = (rest: Partial<RunDetail> = {}): RunDetail => ({
  id: "0198c2f4-6a1b-7000-8000-000000000001",
  project: "default",
  environment: "staging",
  runbook: "ship",
  goal: "Ship the shop",
  status: "running",
  waiting: null,
  error: null,
  requester: { id: "r", name: "requester" },
  priority: 0,
  parent: null,
  dryRun: false,
  origin: null,
  triggeredBy: null,
  seq: 5,
  createdAt: at(-90),
  updatedAt: at(-10),
  finishedAt: null,
  planDigest: `sha256:${"0".repeat(64)}`,
  phase: "executing",
  steps: [],
  changeSets: [],
  deadlineAt: null,
  derived: [],
  links: {},
  ...rest,
});

test("a step's time is what its attempts took, not what it waited for people", () => {
  const steps = [step("apply", { attempts: [attempt(-80, -78), attempt(-20, -15)] })];
  expect(renderRun(run({ steps }), layout).join("\n")).toMatch(/done +apply +Step apply \(try 2\) +7\.0 s/);
});

test("a failed run opens on what failed first: where, what it said, and the command that shows its output", () => {
  const error = { code: "tool_failed", message: "exit code 1: \u001b[31mno space\u001b[0m left", retryable: false };
  const steps = [
    step("build"),
    step("start", { status: "failed", error, attempts: [attempt(-9, -8, { status: "failed", error, number: 3 })] }),
    step("probe", { status: "pending" }),
  ];
  const text = renderRun(run({ status: "failed", steps, error, finishedAt: at(0) }), layout).join("\n");
  expect(text).toContain("step start: failed, run 3 on web-1\n  exit code 1: no space left (tool_failed)");
  expect(text).toContain("gantry runs logs 0198c2f4-6a1b-7000-8000-000000000001 --step start");
  expect(text).toMatch(/FAILED +start/);
});

test("what a run waits for is said: on what, since when, until when, and who can end it", () => {
  const waiting = { on: "signal" as const, detail: "go", until: now + 60_000, who: "whoever may signal it" };
  const text = renderRun(run({ status: "waiting", waiting }), { ...layout, width: 200 }).join("\n");
  expect(text).toContain(
    "signal: go, from whoever may signal it, until 2026-11-21 12:01:00 UTC (in 1 m 00 s); since 2026-11-21 11:59:50 UTC",
  );
});

test("of ten thousand items those that need a look are shown, and the rest counted", () => {
  const steps = Array.from({ length: 10_000 }, (_, index) =>
    step(`item[${index}]`, { status: index === 9_000 ? "failed" : "succeeded" }),
  );
  const lines = renderRun(run({ steps }), layout);
  expect(lines.length).toBeLessThan(80);
  expect(lines.join("\n")).toMatch(/FAILED +item\[9000\][^]*of 10000 steps: 9999 done, 1 FAILED/);
});

test("an undone run says how much was undone and what was left behind", () => {
  const undone = { status: "done" as const, undone: { summary: "removed", left: ["the bucket's old versions"] } };
  const steps = [
    step("a", { undo: undone }),
    step("b", { undo: { ...undone, undone: { summary: "removed", left: [] } } }),
  ];
  expect(renderEnd(run({ status: "undone", steps, finishedAt: at(0) }), layout)).toBe(
    "undone in 1 m 30 s: 2 undone, 1 left behind",
  );
});

const hash = `sha256:${"a".repeat(64)}` as const;
const view = (gate: "run" | "undo"): ChangeSetView => ({
  hash,
  status: "open",
  createdAt: at(-60),
  expiresAt: at(3_600),
  begun: false,
  approvals: [
    {
      actor: { id: "p", name: "first \u202Eapprover" },
      group: "approvers",
      at: at(-5),
      reason: null,
      onBehalfOf: { id: "q", name: "deputy's \u202Echief" },
      proof: "totp",
    },
  ],
  comments: [{ actor: { id: "p", name: "approver" }, text: "Why \u001B[2J now?", at: at(-9) }],
  escalatedTo: null,
  ended: null,
  decision: {
    result: "require_approval",
    policies: ["approve-changes"],
    reasons: ["Changes need an approval."],
    facts: {},
    approvals: [
      { group: "approvers", count: 2 },
      { group: "security", count: 1 },
    ],
  },
  changeSet: createChangeSet({
    gate,
    goal: "Ship the shop",
    environment: "staging",
    entries: createChangeSet().entries.map((entry) => ({
      ...entry,
      step: "apply",
      tool: "terraform.apply",
      maximumEffect: "destroys",
      conditional: true,
      preview: createPreview({
        summary: "Adds seven resources.",
        counts: { add: 7, change: 1, destroy: 0 },
        cost: { low: 10, high: 14.5, currency: "EUR" },
      }),
    })),
    counts: { add: 7, change: 1, destroy: 0 },
    risk: { level: "high", reasons: ["It touches the network."] },
    blastRadius: {
      environment: "staging",
      touches: Array.from({ length: 10 }, (_, one) => `subnet.${one}`),
      omitted: 5,
    },
    undo: {
      automatic: true,
      steps: [
        {
          step: "apply",
          possible: true,
          how: "What was added is destroyed.",
          limits: ["data written meanwhile is lost"],
        },
        { step: "mail", possible: false, how: "A message can't be called back.", limits: [] },
      ],
    },
  }),
});

test("an approver reads counts, cost, risk with reasons, what is touched, the undo and what it can't, who, until when", () => {
  const text = renderChangeSet(view("run"), { ...layout, width: 100 }).join("\n");
  for (const part of [
    "+7 ~1 -0 (add, change, destroy), changes staging",
    "10.00 to 14.50 EUR a month",
    "high\n",
    "- It touches the network.",
    "subnet.7 and 7",
    "apply: Adds seven resources. (+7 ~1 -0, changes, if its condition holds)",
    "by itself when a step fails",
    "CAN'T BE UNDONE:",
    "- mail: A message can't be called back.",
    "- apply: data written meanwhile is lost",
    "2 of approvers and 1 of security",
    "first \u{FFFD}approver (approvers, for deputy's \u{FFFD}chief, totp)",
    "2026-11-21 13:00:00 UTC, in 1 h 00 m",
    hash,
  ])
    expect(text).toContain(part);
});

test("the gate of an undo says what is taken back instead of what would be done", () => {
  const text = renderChangeSet(view("undo"), layout).join("\n");
  expect(text).toMatch(/undo of +Ship the shop/);
  expect(text).toMatch(/what happens +apply: What was added is destroyed\./);
  expect(text).not.toContain("Adds seven resources.");
});

test("all of it fits 60 columns but for the hash, which must be copied whole", () => {
  const lines = [...renderChangeSet(view("run"), layout), ...renderRun(run({ steps: [step("a")] }), layout)];
  expect(lines.filter((line) => widthOf(line) > 60)).toEqual([expect.stringMatching(/^ +hash +sha256:a+$/)]);
});

test("an event's line tells when, which step and what, without control characters; a newer server's event by its type", () => {
  const event = (type: string, data: unknown) =>
    ({ type, seq: 1, at: now, actor: { kind: "user", id: "p", name: "approver" }, data }) as RunEvent;
  expect(renderEvent(event("approval.recorded", { hash, group: "approvers", reason: "looks\u001b[2J good" }))).toBe(
    "12:00:00 approved by approver for approvers (looks good)",
  );
  expect(renderEvent(event("step.retry_scheduled", { step: "a", operation: "run", dueAt: now + 1_500 }))).toBe(
    "12:00:00 a: run again in 1.5 s",
  );
  expect(renderEvent(event("run.teleported", {}))).toBe("12:00:00 run.teleported");
});

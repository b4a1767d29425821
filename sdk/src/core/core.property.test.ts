import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "../change-set.ts";
import type { Actor, Operation, RunEvent } from "../events.ts";
import { ForkStepUndoneError } from "../fork-errors.ts";
import { digestOf, type Json } from "../json.ts";
import { Plan, touchesWorld, type Effect, type Step, type ToolFacts } from "../plan.ts";
import {
  createRun,
  decide,
  evolve,
  forkPlan,
  nextDue,
  restoreSnapshot,
  snapshotOf,
  statusOf,
  type Fork,
  type OpenAttempt,
  type RunInput,
  type RunState,
  type Surroundings,
} from "./index.ts";

const requester: Actor = { kind: "user", id: "requester", name: "requester" };
const approver: Actor = { kind: "user", id: "approver", name: "approver" };

/** A limit refused a preview that had begun meanwhile: the run asked to be looked at from then on. */
const limitSaidTooLate: [Plan, number[], number] = [
  Plan.parse({
    format: 1,
    goal: "three changes",
    runbook: null,
    parameters: {},
    environment: "dev",
    tools: [
      {
        name: "test.tool0",
        version: "1.0.0",
        digest: "d",
        effect: "changes",
        idempotent: false,
        preview: true,
        inspect: true,
        verify: false,
        undo: true,
        timeoutMs: 60_000,
        retry: { attempts: 1, initialMs: 100, factor: 2, maxMs: 1_000 },
      },
    ],
    onFailure: "stop",
    steps: [
      { id: "s0", after: [], input: { of: [] } },
      { id: "s1", after: ["s0"], input: { of: [] } },
      { id: "s2", after: [], input: { of: [{ $ref: ["s0", "value"] }] } },
    ].map((step) => ({ ...step, kind: "tool", agent: "test", tool: "test.tool0", undo: "tool" })),
  }),
  [137, 19, 823, 14, 0, 0, 57, 437, 417, 859, 801, 0, 0, 0, 858, 0, 0, 0, 0, 0, 0],
  183_537_472,
];

describe("a run of any plan, whatever happens to it", () => {
  test("folds to the state in memory, starts no effect before its approval, ends once, and undoes backwards", () => {
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.nat(1_000), { minLength: 20, maxLength: 200 }),
        fc.nat(),
        (plan, choices, seed) => {
          const run = new Run(plan, seed);
          for (const choice of choices) run.happen(choice);
          run.finish();
          expect(run.violations()).toEqual([]);
        },
      ),
      { numRuns: 400, examples: [limitSaidTooLate] },
    );
  });

  test("folds to the same state from a snapshot and the events behind it, wherever it was taken", () => {
    fc.assert(
      fc.property(
        plans,
        fc.array(fc.nat(1_000), { maxLength: 80 }),
        fc.nat(),
        fc.boolean(),
        (plan, choices, seed, dryRun) => {
          const run = new Run(plan, seed, { dryRun });
          for (const choice of choices) run.happen(choice);
          run.finish();
          expect(run.unfaithfulCuts()).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("that is dry starts nothing that may change anything, whatever happens, and shows every step that would", () => {
    fc.assert(
      fc.property(plans, fc.array(fc.nat(1_000), { maxLength: 60 }), fc.nat(), (plan, choices, seed) => {
        const run = new Run(plan, seed, { dryRun: true });
        for (const choice of choices) run.happen(choice);
        run.finish();
        expect(run.violations()).toEqual([]);
        const { state } = run;
        const changing = run.events.filter(
          ({ type, data }) =>
            type === "attempt.started" &&
            (data.operation === "run" || data.operation === "undo") &&
            touchesWorld(effectOf(state, data.step)),
        );
        expect(changing).toEqual([]);
        expect([...state.steps.values()].filter(({ touched }) => touched)).toEqual([]);
        if (state.status !== "previewed") return;
        const shown = [...state.gates.values()].at(-1)?.changeSet.entries.map(({ step }) => step);
        const ahead = [...state.steps.values()].filter(
          (step) => !step.items && step.status === "pending" && touchesWorld(effectOf(state, step.key)),
        );
        expect(shown?.toSorted()).toEqual(ahead.map(({ key }) => key).toSorted());
      }),
      { numRuns: 400 },
    );
  });

  test("that is dry ends as previewed when every attempt succeeds", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, seed) => {
        const run = new Run(plan, seed, { dryRun: true });
        run.finish();
        expect(run.state.status).toBe("previewed");
        expect(run.state.gates.size).toBe(1);
        expect(run.violations()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("forked at any step, repeats nothing that stands before it, and starts nothing before what it waits for", () => {
    fc.assert(
      fc.property(plans, fc.array(fc.nat(1_000), { maxLength: 80 }), fc.nat(), fc.nat(), (plan, choices, seed, at) => {
        const source = new Run(plan, seed);
        for (const choice of choices) source.happen(choice);
        source.finish();
        const fork = forkAt(source.state, at);
        if (fork === null) return;
        const again = new Run(fork.plan, seed + 1);
        again.finish();
        expect(again.violations()).toEqual([]);
        expect(again.state.status).toBe("succeeded");
        const begun = new Set(
          again.events.flatMap(({ type, data }) => (type === "attempt.started" ? [stepIn(again, data.step)] : [])),
        );
        expect(fork.kept.filter((id) => begun.has(id))).toEqual([]);
        for (const id of fork.kept)
          expect(again.state.steps.get(id)?.output).toEqual(source.state.steps.get(id)?.output);
        expect(tooEarly(again)).toEqual([]);

        const second = forkAt(again.state, at + 1);
        if (second === null) return;
        const last = new Run(second.plan, seed + 2);
        last.finish();
        expect(last.violations()).toEqual([]);
        expect(last.state.status).toBe("succeeded");
        expect(tooEarly(last)).toEqual([]);
        for (const [id, fact] of Object.entries(second.plan.facts ?? {}))
          expect(fact).toEqual(fork.plan.facts?.[id] ?? { ...fact, from: { run: "run", step: id } });
      }),
      { numRuns: 300 },
    );
  });

  test("ends in success when every attempt succeeds", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, seed) => {
        const run = new Run(plan, seed);
        run.finish();
        expect(run.state.status).toBe("succeeded");
        expect(run.violations()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("undone after success, leaves nothing that it changed", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, seed) => {
        const run = new Run(plan, seed);
        run.finish();
        run.tell({ kind: "undo", actor: requester, reason: "asked", approved: false });
        run.finish();
        const touched = [...run.state.steps.values()].filter((step) => step.touched);
        expect(run.state.status).toBe(touched.length > 0 ? "undone" : "succeeded");
        expect(touched.every((step) => step.undo?.status === "done")).toBe(true);
        expect(run.violations()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

/** Null where what the fork would stand on was undone. */
function forkAt(source: RunState, at: number): Fork | null {
  const from = source.plan.steps[at % source.plan.steps.length]?.id ?? "";
  try {
    return forkPlan(source, { from, set: [] });
  } catch (error) {
    if (error instanceof ForkStepUndoneError) return null;
    throw error;
  }
}

function stepIn({ state }: Run, key: string): string {
  return state.steps.get(key)?.step.id ?? "";
}

/** Steps that ran although one that they wait for was not settled. */
function tooEarly(run: Run): string[] {
  const { graph } = run.state;
  const state = run.replayed();
  return run.events.flatMap((event) => {
    const early =
      event.type === "attempt.started" && event.data.operation === "run"
        ? [...(graph.dependencies.get(stepIn(run, event.data.step)) ?? [])].filter(
            (id) => !["succeeded", "skipped"].includes(state.steps.get(id)?.status ?? ""),
          )
        : [];
    evolve(state, event);
    return early;
  });
}

const effects: readonly Effect[] = ["reads", "drafts", "changes", "destroys"];

const plans: fc.Arbitrary<Plan> = fc
  .record({
    tools: fc.array(
      fc.record({
        effect: fc.constantFrom(...effects),
        idempotent: fc.boolean(),
        preview: fc.boolean(),
        inspect: fc.boolean(),
        verify: fc.boolean(),
        attempts: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    steps: fc.array(
      fc.record({
        tool: fc.nat(),
        needs: fc.array(fc.nat(), { maxLength: 3 }),
        refers: fc.array(fc.nat(), { maxLength: 2 }),
        shape: fc.constantFrom("one", "one", "one", "loop", "condition", "wait", "loop-over-output"),
        parallel: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 9 },
    ),
    onFailure: fc.constantFrom("stop" as const, "undo" as const),
  })
  .map(({ tools, steps, onFailure }) => {
    const facts: ToolFacts[] = tools.map((tool, index) => ({
      name: `test.tool${index}`,
      version: "1.0.0",
      digest: "d",
      undo: true,
      timeoutMs: 60_000,
      ...tool,
      idempotent: tool.idempotent || !touchesWorld(tool.effect),
      retry: { attempts: tool.attempts, initialMs: 100, factor: 2, maxMs: 1_000 },
    }));
    return Plan.parse({
      format: 1,
      goal: "generated",
      runbook: null,
      parameters: {},
      environment: "dev",
      tools: facts,
      onFailure,
      steps: steps.map((step, index): Step => {
        const before = (n: number) => `s${n % index}`;
        const after = index === 0 ? [] : [...new Set(step.needs.map(before))];
        const refers = index === 0 ? [] : [...new Set(step.refers.map(before))];
        const base = { id: `s${index}`, after };
        if (step.shape === "wait") return { ...base, kind: "wait", for: { kind: "duration", ms: 500 } };
        const parallel = step.parallel === undefined ? {} : { parallel: step.parallel };
        return {
          ...base,
          kind: "tool",
          agent: "test",
          tool: `test.tool${step.tool % facts.length}`,
          undo: "tool",
          input: { of: refers.map((id) => ({ $ref: [id, "value"] })) },
          ...(step.shape === "loop" ? { each: [1, 2, 3], ...parallel } : {}),
          ...(step.shape === "loop-over-output" && refers[0] !== undefined
            ? { each: [{ $ref: [refers[0], "value"] }, 2], ...parallel }
            : {}),
          ...(step.shape === "condition" && index > 0
            ? { when: `steps.${before(step.tool)}.status == "succeeded"` }
            : {}),
        };
      }),
    });
  });

/** Drives the core as the engine would, with every outcome chosen by the test. */
class Run {
  readonly events: RunEvent[] = [];
  readonly state: RunState;
  readonly #seed: { id: string; plan: Plan; planDigest: `sha256:${string}`; requester: Actor };
  #now = 1_000_000;
  #asks = 0;
  /** How often a run that nothing came of just now, paused or with nothing under way, asked to be looked at at once. */
  #overdue = 0;
  #refused: { step: string; operation: Operation }[] = [];
  #ids = 0;
  #random: number;

  constructor(plan: Plan, seed: number, { dryRun = false } = {}) {
    this.#random = seed;
    this.#seed = { id: "run", plan, planDigest: digestOf(plan), requester };
    this.state = createRun(this.#seed);
    const created = {
      type: "run.created",
      seq: 1,
      at: this.#now,
      actor: requester,
      data: { goal: plan.goal, planDigest: digestOf(plan), priority: 0, parent: null, dryRun },
    } as const;
    evolve(this.state, created);
    this.events.push(created);
    this.tell({ kind: "advance" });
  }

  /** Before its first event. */
  replayed(): RunState {
    return createRun(this.#seed);
  }

  tell(input: RunInput, halt: Surroundings["halt"] = null): void {
    this.events.push(...decide(this.state, input, { ...this.#around(), halt }));
    // What limits refused is told to the run, as the engine does it.
    for (const { step, operation } of this.#refused.splice(0)) {
      const until = this.#asks % 2 === 0 ? this.#now + 250 : null;
      const limit = { kind: "rate" as const, id: "limit", what: "rate limit", until, who: "somebody" };
      this.events.push(...decide(this.state, { kind: "limited", step, operation, limit }, { ...this.#around(), halt }));
    }
    const { paused, phase, open } = this.state;
    const held = (paused && phase !== "undoing") || open.size === 0;
    if (held && (nextDue(this.state) ?? Infinity) <= this.#now) this.#overdue += 1;
  }

  /** One thing that may happen to a run. */
  happen(choice: number): void {
    const open = [...this.state.open.values()];
    const attempt = open[choice % Math.max(1, open.length)];
    const hash = this.#openGate();
    switch (choice % 14) {
      case 0:
        return this.tell({ kind: "pause", actor: requester, reason: null });
      case 1:
        return this.tell({ kind: "resume", actor: requester });
      case 2:
        return this.#tick(choice);
      case 3:
        if (attempt && choice % 2 === 0) this.tell({ kind: "attempt_noted", attemptId: attempt.id, note: choice });
        if (attempt) this.tell({ kind: "attempt_lost", attemptId: attempt.id, reason: "worker died" });
        return;
      case 4:
        if (attempt) this.#fail(attempt, choice % 3 === 0);
        return;
      case 5:
        if (hash)
          this.tell({
            kind: "approve",
            actor: choice % 2 ? approver : requester,
            groups: ["approvers"],
            hash,
            reason: null,
          });
        return;
      case 6:
        return this.tell({ kind: "advance" }, { scope: "everywhere", reason: "stop" });
      case 7:
        if (choice % 5 === 0) this.tell({ kind: "cancel", actor: requester, undo: choice % 2 === 0, reason: null });
        return;
      case 8:
        return this.tell({ kind: "retry", actor: requester });
      case 9:
        if (choice % 3 === 0)
          this.tell({ kind: "undo", actor: requester, reason: "asked", approved: choice % 2 === 0 });
        return;
      case 10:
        return this.#settleByPerson(choice % 2 === 0);
      default:
        if (attempt && choice % 3 === 0) this.tell({ kind: "attempt_noted", attemptId: attempt.id, note: { choice } });
        if (attempt) this.#succeed(attempt);
        return this.tell({ kind: "advance" });
    }
  }

  /** Lets everything succeed until the run has ended. */
  finish(): void {
    for (let round = 0; round < 2_000; round += 1) {
      if (this.state.paused) this.tell({ kind: "resume", actor: requester });
      this.tell({ kind: "advance" });
      if (this.state.status !== null) return;
      const hash = this.#openGate();
      if (hash) this.tell({ kind: "approve", actor: approver, groups: ["approvers"], hash, reason: null });
      this.#settleByPerson(true);
      const [attempt] = this.state.open.values();
      if (attempt) this.#succeed(attempt);
      else this.#tick(0);
    }
    throw new Error(
      `The run never ends: ${JSON.stringify(statusOf(this.state))} ${JSON.stringify(this.events.slice(-12), null, 0)}`,
    );
  }

  /** Sequence numbers at which a snapshot, stored and read again, leads to another state than the whole history. */
  unfaithfulCuts(): number[] {
    const whole = digestOf(snapshotOf(this.state));
    const upTo = createRun(this.#seed);
    return this.events.flatMap((event, index) => {
      const stored = JSON.stringify(snapshotOf(evolve(upTo, event)));
      const restored = restoreSnapshot(this.#seed, JSON.parse(stored) as Json) as RunState;
      const state = this.events.slice(index + 1).reduce(evolve, restored);
      return digestOf(snapshotOf(state)) === whole ? [] : [event.seq];
    });
  }

  /** Rules that the history breaks; none, if the core is right. */
  violations(): string[] {
    const stored = digestOf(snapshotOf(this.state));
    const folded = digestOf(snapshotOf(this.events.reduce(evolve, createRun(this.#seed))));
    const restored = digestOf(snapshotOf(restoreSnapshot(this.#seed, snapshotOf(this.state)) as RunState));
    return [
      ...(folded === stored ? [] : ["folding the journal does not give the state in memory"]),
      ...(restored === stored ? [] : ["a restored snapshot is not the state that was stored"]),
      ...(this.#overdue === 0 ? [] : ["it asks to be looked at without end"]),
      ...brokenRules(this.state, this.events),
    ];
  }

  #openGate() {
    return [...this.state.gates.values()].find((gate) => gate.status === "open")?.hash;
  }

  #settleByPerson(done: boolean): void {
    const unclear = [...this.state.steps.values()].find((step) => step.needsPerson);
    if (!unclear) return;
    const outcome = done ? "done" : "not_done";
    this.tell({ kind: "settle", actor: approver, step: unclear.key, outcome, output: { value: 1 } });
  }

  #succeed(attempt: OpenAttempt): void {
    this.tell({ kind: "attempt_succeeded", attemptId: attempt.id, output: outputOf(attempt, this.state) });
  }

  #fail(attempt: OpenAttempt, retryable: boolean): void {
    const error = { code: "tool_failed", message: "no", retryable };
    this.tell({
      kind: "attempt_failed",
      attemptId: attempt.id,
      error,
      uncertain: !retryable && attempt.operation === "run",
    });
  }

  #tick(choice: number): void {
    this.#now = Math.max(this.#now + 1 + (choice % 300), nextDue(this.state) ?? 0);
    this.tell({ kind: "advance" });
  }

  #around(): Surroundings {
    return {
      now: this.#now,
      worker: "w",
      host: "h",
      random: () => (this.#random = (this.#random * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648,
      newId: () => `a${(this.#ids += 1)}`,
      fingerprint: (tool) => tool,
      assess: (facts) => ({
        decision: decisionOn(facts.scope === "start" ? "reads" : facts.effect),
        risk: { level: "low", reasons: [] },
      }),
      halt: null,
      freeze: null,
      capacity: 1 + (this.#ids % 5),
      holdsSlot: () => true,
      permit: (of, operation) => {
        this.#asks += 1;
        if (this.#asks % 4 === 0) return "free";
        if (this.#asks % 4 === 1) return { id: `p${(this.#ids += 1)}` };
        this.#refused.push({ step: of.key, operation });
        return null;
      },
      approvalMs: 3_600_000,
    };
  }
}

function decisionOn(effect: Effect): Decision {
  const asks = effect === "destroys";
  return {
    result: asks ? "require_approval" : "allow",
    policies: ["test"],
    reasons: [],
    facts: {},
    approvals: asks ? [{ group: "approvers", count: 1 }] : [],
  };
}

function outputOf(attempt: OpenAttempt, state: RunState): Json {
  const effect = effectOf(state, attempt.step);
  switch (attempt.operation) {
    case "preview":
      return {
        summary: "",
        effect,
        counts: { add: 1, change: 0, destroy: 0 },
        touches: [attempt.step],
        undo: { possible: true, how: "", limits: [] },
      };
    case "inspect":
      return { status: "not_done" };
    case "verify":
      return { probes: [{ name: "p", expected: "1", actual: "1", passed: true }] };
    case "undo":
      return { summary: "", left: [] };
    case "run":
      return { value: 1 };
    default:
      return attempt.operation satisfies never;
  }
}

/** Rules of every history, checked on the events alone. */
function brokenRules(state: RunState, events: readonly RunEvent[]): string[] {
  const broken: string[] = [];
  const rule = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  const approved = new Set<string>();
  const open = new Map<string, string>();
  let over = false;
  for (const [index, event] of events.entries()) {
    rule(event.seq === index + 1, `sequence has a gap at ${index + 1}`);
    const reopens = ["run.retried", "run.undo_started", "change_set.created"].includes(event.type);
    rule(
      !over || reopens || ["command.refused", "attempt.settled"].includes(event.type),
      `${event.type} after the end`,
    );
    if (reopens) over = false;
    switch (event.type) {
      case "change_set.approved":
        approved.add(event.data.hash);
        break;
      case "change_set.voided":
        approved.delete(event.data.hash);
        break;
      case "run.finished":
        rule(open.size === 0, "the run ended with an attempt open");
        over = true;
        break;
      case "attempt.started": {
        const { step, operation, changeSet, attemptId } = event.data;
        rule(![...open.values()].includes(`${step} ${operation}`), `two open attempts of ${step} ${operation}`);
        open.set(attemptId, `${step} ${operation}`);
        rule(
          (event.data.permit === true) === attemptId.startsWith("p"),
          `${step} started under another id than its permit`,
        );
        const covered = operation !== "run" || !touchesWorld(effectOf(state, step)) || approved.has(changeSet ?? "");
        rule(covered, `${step} started without an approved change set`);
        break;
      }
      case "attempt.noted":
        rule(open.has(event.data.attemptId), "a note of an attempt that is not open");
        break;
      case "attempt.succeeded":
      case "attempt.failed":
      case "attempt.unknown":
        rule(open.delete(event.data.attemptId), `${event.type} of an attempt that is not open`);
        break;
      default:
        break;
    }
  }
  const lastUndo = events.slice(events.findLastIndex((event) => event.type === "run.undo_started"));
  const order = lastUndo.flatMap((event) =>
    event.type === "attempt.started" && event.data.operation === "undo"
      ? [state.steps.get(event.data.step)?.step.id ?? ""]
      : [],
  );
  for (const [index, id] of order.entries()) {
    for (const later of order.slice(index + 1))
      rule(!state.graph.descendants(id).has(later), `${id} was undone before ${later}`);
  }
  return broken;
}

function effectOf(state: RunState, key: string): Effect {
  const step = state.steps.get(key)?.step;
  return (step?.kind === "tool" && state.graph.tools.get(step.tool)?.effect) || "reads";
}

import { randomUUID } from "node:crypto";
import type { Decision, Risk } from "../change-set.ts";
import {
  attemptInput,
  childParameters,
  createRun,
  decide,
  evolve,
  nextDue,
  outputsOf,
  statusOf,
} from "../core/index.ts";
import type {
  AttemptReport,
  PolicyFacts,
  RunCommand,
  RunInput,
  RunState,
  StatusView,
  Surroundings,
} from "../core/index.ts";
import { errorData } from "../errors.ts";
import { platformActor, type Actor, type RunEvent } from "../events.ts";
import { digestOf, type Json } from "../json.ts";
import { checkPlan, factsOf, makePlan, type Capabilities, type PlanRequest } from "../make-plan.ts";
import { touchesWorld, type Plan } from "../plan.ts";
import type { Runbook } from "../runbook.ts";
import type { AnyTool, Tool } from "../tool.ts";
import { createTestContext, type TestContext, type TestContextOptions } from "./create-test-context.ts";
import { runTool } from "./run-tool.ts";

export interface SimulationOptions {
  /** The tools, or what gives the one of a name. */
  tools: readonly AnyTool[] | ((name: string) => AnyTool);
  runbooks?: readonly Runbook[];
  /** For the tools' contexts. The clock is the simulation's own. */
  context?: Omit<TestContextOptions, "clock">;
  /** Unix milliseconds at the start. */
  now?: number;
  requester?: Actor;
  /** Previews only. */
  dryRun?: boolean;
  /** What policy says; by default changes are allowed and destruction needs one of `approvers`. */
  assess?: (facts: PolicyFacts) => Decision;
  /** Attempts at once. */
  capacity?: number;
}

/** A run in memory: the platform's own core, the real tools, a clock that only the test moves. */
export interface Simulation extends AsyncDisposable {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly context: TestContext;
  now(): number;
  status(): StatusView;
  /** Carries out everything that can be done at this moment. */
  settle(): Promise<StatusView>;
  /** Sends a command, then settles. */
  tell(command: RunCommand): Promise<StatusView>;
  /** Approves the open change set as somebody of the groups that it names. */
  approve(): Promise<StatusView>;
  /** Moves the clock, letting every timer on the way ring at its time. */
  pass(milliseconds: number): Promise<StatusView>;
  /** Lets timers ring until the run has ended or waits for somebody. */
  end(): Promise<StatusView>;
}

/**
 * Starts a plan, or a runbook's plan, in memory.
 * @throws the errors of `makePlan` and `checkPlan`.
 */
export async function simulate(request: PlanRequest | Plan, options: SimulationOptions): Promise<Simulation> {
  const known = capabilitiesOf(options);
  const plan = "steps" in request ? checkPlan(known, request) : makePlan(known, request);
  const clock = { now: options.now ?? Date.UTC(2026, 0, 1) };
  const context = await createTestContext({
    ...options.context,
    environment: plan.environment,
    clock: () => clock.now,
  });
  const { variables = {} } = request;
  return start(plan, { variables, options, known, clock, context, ownsContext: true });
}

interface Host {
  variables: Readonly<Record<string, string>>;
  options: SimulationOptions;
  known: Capabilities;
  clock: { now: number };
  context: TestContext;
  ownsContext: boolean;
}

function start(plan: Plan, host: Host): Simulation {
  const { options, known, clock, context } = host;
  const requester: Actor = options.requester ?? { kind: "user", id: "requester", name: "requester" };
  const planDigest = digestOf(plan);
  const state = createRun({ id: context.runId, plan, planDigest, requester });
  const events: RunEvent[] = [];
  const children = new Map<string, Simulation>();
  const append = (more: readonly RunEvent[]) => void events.push(...more);
  const created: RunEvent = {
    type: "run.created",
    seq: 1,
    at: clock.now,
    actor: requester,
    data: { goal: plan.goal, planDigest, priority: 0, parent: null, ...(options.dryRun ? { dryRun: true } : {}) },
  };
  evolve(state, created);
  append([created]);

  const take = (input: RunInput) => append(decide(state, input, surroundings(options, clock.now)));
  const carryOut = async (attemptId: string): Promise<void> => {
    const onNote = (note: Json) => take({ kind: "attempt_noted", attemptId, note });
    const report = await callTool(known, context, attemptInput(state, attemptId), { attemptId, onNote });
    take({ kind: "report", actor: platformActor, attemptId, result: report });
  };
  const runChild = async (childId: string, step: string): Promise<void> => {
    const { runbook, parameters } = childParameters(state, step);
    const childPlan = makePlan(known, {
      runbook,
      parameters: parameters as PlanRequest["parameters"],
      environment: plan.environment,
      variables: host.variables,
    });
    const child = start(childPlan, { ...host, context: await context.next({ runId: childId }), ownsContext: false });
    children.set(childId, child);
    await reportChild(child, childId);
  };
  const reportChild = async (child: Simulation, childId: string): Promise<void> => {
    await child.settle();
    const { status, finalError: error } = child.state;
    if (status !== null)
      take({
        kind: "child_ended",
        actor: platformActor,
        child: childId,
        status,
        outputs: outputsOf(child.state),
        error,
      });
  };

  const settle = async (): Promise<StatusView> => {
    take({ kind: "advance" });
    for (let handled = 0; handled < events.length;) {
      const fresh = events.slice(handled);
      handled = events.length;
      await Promise.all(
        fresh
          .filter((event) => event.type === "attempt.started")
          .flatMap(({ data }) => (state.open.has(data.attemptId) ? [carryOut(data.attemptId)] : [])),
      );
      for (const event of fresh) {
        if (event.type === "child.started" && !children.has(event.data.child))
          await runChild(event.data.child, event.data.step);
        const child = event.type === "child.undo_requested" ? children.get(event.data.child) : undefined;
        if (child && event.type === "child.undo_requested") {
          await child.tell({ kind: "undo", actor: platformActor, reason: "Its parent is undone.", approved: true });
          await reportChild(child, event.data.child);
        }
      }
      take({ kind: "advance" });
    }
    return statusOf(state);
  };
  const pass = async (milliseconds: number): Promise<StatusView> => {
    const end = clock.now + milliseconds;
    for (let due = nextDue(state); due !== null && due <= end; due = nextDue(state)) {
      clock.now = Math.max(clock.now, due);
      await settle();
    }
    clock.now = end;
    return settle();
  };
  const tell = (command: RunCommand): Promise<StatusView> => {
    take(command);
    return settle();
  };

  return {
    state,
    events,
    context,
    now: () => clock.now,
    status: () => statusOf(state),
    settle,
    tell,
    async approve() {
      const gate = [...state.gates.values()].find((one) => one.status === "open");
      if (!gate) throw new Error("No change set waits for an approval.");
      const needed = gate.decision.approvals.flatMap(({ group, count }) => Array.from({ length: count }, () => group));
      for (const [index, group] of needed.entries()) {
        const actor: Actor = { kind: "user", id: `approver-${index}`, name: `approver-${index}` };
        await tell({ kind: "approve", actor, groups: [group], hash: gate.hash, reason: null });
      }
      return settle();
    },
    pass,
    async end() {
      await settle();
      for (let due = nextDue(state); due !== null && statusOf(state).waiting?.on === "time"; due = nextDue(state)) {
        await pass(Math.max(0, due - clock.now));
      }
      return statusOf(state);
    },
    async [Symbol.asyncDispose]() {
      if (host.ownsContext) await context[Symbol.asyncDispose]();
    },
  };
}

function capabilitiesOf({ tools, runbooks = [] }: SimulationOptions): Capabilities {
  const known = (tool: Tool) => ({ tool, facts: factsOf(tool, "simulated") });
  const listed = new Map(
    Array.isArray(tools) ? (tools as readonly Tool[]).map((tool) => [tool.name, known(tool)]) : [],
  );
  const make = typeof tools === "function" ? tools : undefined;
  return {
    tools: make ? { get: (name) => known(make(name) as Tool) } : listed,
    runbooks: new Map(
      runbooks.flatMap((runbook) => [
        [runbook.name, { runbook }] as const,
        [`${runbook.name}@${runbook.spec.version}`, { runbook }] as const,
      ]),
    ),
  };
}

function surroundings(
  { assess = allowButDestruction, capacity = 1_000 }: SimulationOptions,
  now: number,
): Surroundings {
  const risk: Risk = { level: "low", reasons: [] };
  return {
    now,
    worker: "simulation",
    host: "simulation",
    random: () => 0.5,
    newId: randomUUID,
    fingerprint: (tool) => tool,
    assess: (facts) => ({ decision: assess(facts), risk }),
    halt: null,
    freeze: null,
    capacity,
    holdsSlot: () => true,
    permit: () => "free",
    approvalMs: 24 * 3_600_000,
  };
}

function allowButDestruction({ scope, effect }: PolicyFacts): Decision {
  const asks = scope !== "start" && touchesWorld(effect) && effect === "destroys";
  return {
    result: asks ? "require_approval" : "allow",
    policies: ["simulation"],
    reasons: [],
    facts: {},
    approvals: asks ? [{ group: "approvers", count: 1 }] : [],
  };
}

async function callTool(
  known: Capabilities,
  context: TestContext,
  attempt: ReturnType<typeof attemptInput>,
  of: { attemptId: string; onNote(note: Json): void },
): Promise<AttemptReport> {
  const found = known.tools.get(attempt.tool);
  const own = await context.next({
    ...of,
    stepKey: attempt.step,
    attempt: attempt.number,
    notes: attempt.notes,
    ...(found?.tool.spec.worstCase && { worstCase: found.tool.spec.worstCase }),
  });
  try {
    if (!found) throw new Error(`The simulation has no tool ${attempt.tool}.`);
    const output = await runTool(found.tool, attempt.operation, attempt.input, own, attempt.output);
    return {
      outcome: "succeeded",
      output: JSON.parse(JSON.stringify(output)) as AttemptReport extends { output: infer Output } ? Output : never,
    };
  } catch (error) {
    return { outcome: "failed", error: errorData(error), uncertain: false };
  }
}

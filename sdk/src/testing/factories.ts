import { ChangeSet } from "../change-set.ts";
import { AnyRunEvent, eventData, type EventType, type RunEvent } from "../events.ts";
import { digestOf } from "../json.ts";
import { Plan } from "../plan.ts";
import { createPlanBuilder, type PlanBuilder } from "../plan-builder.ts";
import { Preview, Verification } from "../tool.ts";

const digest = digestOf("example");
const decision = { result: "allow", policies: [], reasons: [], facts: {}, approvals: [] };

/** A valid plan with the steps that `add` adds, and whatever is given instead of its other parts. */
export function createPlan(add: (plan: PlanBuilder) => void, more: Partial<Omit<Plan, "steps">> = {}): Plan {
  const { environment = "dev" } = more;
  const builder = createPlanBuilder(environment);
  add(builder);
  const rest = { format: 1, goal: "test", runbook: null, parameters: {}, tools: [], onFailure: "stop" };
  return Plan.parse(JSON.parse(JSON.stringify({ ...rest, ...more, environment, steps: builder.steps })));
}

/** A valid preview of one small change. */
export function createPreview(more: Partial<Preview> = {}): Preview {
  const counts = { add: 1, change: 0, destroy: 0 };
  const undo = { possible: true, how: "It is taken back." };
  return Preview.parse({ summary: "Changes one thing.", effect: "changes", counts, undo, ...more });
}

/** A verification with one probe, passed unless told. */
export function createVerification(more: Partial<Verification["probes"][number]> = {}): Verification {
  return Verification.parse({
    probes: [{ name: "it is there", expected: "yes", actual: "yes", passed: true, ...more }],
  });
}

/** A valid change set of the step `step`. */
export function createChangeSet(more: Partial<ChangeSet> = {}): ChangeSet {
  const { environment = "dev" } = more;
  const preview = createPreview();
  const entry = {
    step: "step",
    title: "Step",
    tool: "test.change",
    fingerprint: "test",
    maximumEffect: "changes",
    effect: "changes",
    input: digest,
    deferred: false,
    conditional: false,
    preview,
  };
  return ChangeSet.parse({
    format: 1,
    run: "run",
    gate: "run",
    planDigest: digest,
    goal: "test",
    environment,
    entries: [entry],
    prepared: {},
    counts: preview.counts,
    effect: "changes",
    risk: { level: "low", reasons: [] },
    blastRadius: { environment, touches: ["thing"], omitted: 0 },
    undo: { automatic: false, steps: [{ step: "step", ...preview.undo }] },
    decision,
    ...more,
  });
}

/** A valid event of a type; `data` takes the place of single fields of its data. */
export function createEvent<Type extends EventType>(
  type: Type,
  more: Partial<Omit<RunEvent, "type" | "data">> & { data?: Partial<RunEvent<Type>["data"]> } = {},
): RunEvent<Type> {
  const { data, ...rest } = more;
  const all: Record<string, unknown> = { ...fields(), ...ofType[type] };
  const own = Object.keys(eventData[type].shape).flatMap((name) => (name in all ? [[name, all[name]] as const] : []));
  return AnyRunEvent.parse({
    type,
    seq: 1,
    at: Date.UTC(2026, 0, 1),
    actor: { kind: "user", id: "requester", name: "requester" },
    ...rest,
    data: { ...Object.fromEntries(own), ...data },
  }) as RunEvent<Type>;
}

/** What a field of that name holds, in whatever event. Optional ones are left out. */
const fields = (): Record<string, unknown> => ({
  attemptId: "attempt",
  by: "inspection",
  changeSet: null,
  child: "child",
  command: "pause",
  crashes: 1,
  deadlineAt: null,
  decision,
  dueAt: Date.UTC(2026, 0, 1),
  error: { code: "tool_failed", message: "It failed.", retryable: false },
  expiresAt: null,
  freeze: "freeze",
  goal: "test",
  group: "approvers",
  hash: digest,
  holder: null,
  host: "host",
  input: digest,
  items: ["one"],
  key: "key",
  limit: {
    kind: "rate",
    id: "limit",
    what: "rate limit of connection hub: 10 per 1 s",
    until: Date.UTC(2026, 0, 1),
    who: "whoever has the scope admin",
  },
  name: "signal",
  note: { done: 3, of: 10 },
  number: 1,
  operation: "run",
  outcome: "done",
  output: null,
  outputs: {},
  parent: null,
  payload: null,
  planDigest: digest,
  priority: 0,
  reason: "It was wanted.",
  scope: "organization",
  signal: null,
  status: "succeeded",
  step: "step",
  steps: ["step"],
  text: "Looks good.",
  timeoutMs: 60_000,
  undo: false,
  until: null,
  automatic: false,
  worker: "worker",
});

/** Where a field of the same name holds something else. */
const ofType: { readonly [Type in EventType]?: Readonly<Record<string, unknown>> } = {
  "run.finished": { error: null },
  "step.skipped": { reason: "condition" },
  "child.ended": { error: null },
  "change_set.created": { changeSet: createChangeSet() },
};

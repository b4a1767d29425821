import {
  digestOf,
  GantryError,
  platformActor,
  touchesWorld,
  type Actor,
  type Json,
  type JsonObject,
  type Party,
  type Plan,
} from "@gantry/sdk";
import type { OccurrenceOutcome } from "@gantry/sdk/api";
import { writeAudit, type AuditRecord } from "../store/records/audit-records.ts";
import { createRun, QueueFullError } from "../store/journal/create-run.ts";
import { freezeOver } from "../store/control/freezes.ts";
import type { Queryable } from "../store/queryable.ts";
import { insertOccurrence, takeKeys, type OccurrenceRow } from "../store/plans/trigger-occurrences.ts";
import type { TriggerRow } from "../store/plans/triggers.ts";
import type { Evaluated, Expressions, ExpressionScope } from "./expression.ts";

export interface FireDeps {
  /** @throws GantryError of fault `user` for an unknown runbook or version, or parameters that don't fit. */
  makePlan(db: Queryable, request: TriggeredPlan): Promise<Plan>;
  /** @throws ExpressionFailedError */
  evaluate(expressions: Expressions, scope: ExpressionScope): Promise<Evaluated>;
  /** Whether somebody may start runs at a place now: null, or why not. */
  mayStart(
    db: Queryable,
    at: { org: string; actor: string; project: string; environment: string },
  ): Promise<string | null>;
  newId(): string;
  /** Runs of one organization that may wait to start. */
  queueLimit: number;
}

export interface TriggeredPlan {
  org: string;
  project: string;
  runbook: string;
  /** Null: the current one. */
  version: string | null;
  parameters: JsonObject;
  environment: string;
}

/** Something that happened and that a trigger may fire on. */
export interface Occurrence {
  id: string;
  /** Unix milliseconds: the scheduled time, or when it came. */
  at: number;
  /** Unix milliseconds. */
  now: number;
  /** What makes it that very one; an occurrence with one of these fires once. */
  keys: readonly string[];
  payload: Json;
  /** The sender's name for what happened. */
  event: string | null;
  /** Why it fires, for the history. */
  reason: string | null;
  digest: string | null;
  /** How many runs that started each other by triggers came before it. */
  depth: number;
}

/** Runs may start each other this often; after that it is taken for a circle. */
export const maximumDepth = 8;

/** What the occurrence comes to as far as nothing needs to be locked or written to tell. */
export type Prepared =
  | { occurrence: Occurrence; plan: Plan }
  | { occurrence: Occurrence; outcome: OccurrenceOutcome; reason: string };

/** Evaluates the trigger's condition and mapping, and makes the plan. */
export async function prepare(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  occurrence: Occurrence,
): Promise<Prepared> {
  if (occurrence.depth >= maximumDepth) {
    const reason = `${occurrence.depth} runs have started each other by triggers already, so this looks like a circle; the limit is ${maximumDepth}.`;
    return { occurrence, outcome: "loop", reason };
  }
  try {
    const { name, projectName, environment, condition, mapping } = trigger;
    const { fits, parameters } = await deps.evaluate(
      { when: condition, mapping },
      {
        payload: occurrence.payload,
        occurrence: {
          id: occurrence.id,
          at: new Date(occurrence.at).toISOString(),
          kind: trigger.source.kind,
          event: occurrence.event,
        },
        trigger: { name, project: projectName, environment },
      },
    );
    if (!fits) return { occurrence, outcome: "filtered", reason: `The condition isn't true: ${condition ?? ""}` };
    const plan = await deps.makePlan(db, {
      org: trigger.org,
      project: trigger.project,
      runbook: trigger.runbook,
      version: trigger.runbookVersion,
      parameters: { ...trigger.parameters, ...parameters },
      environment,
    });
    return { occurrence, plan };
  } catch (error) {
    if (!(error instanceof GantryError) || error.fault !== "user") throw error;
    return {
      occurrence,
      outcome: error.code === "runbook_unknown" ? "runbook_missing" : "invalid",
      reason: error.message,
    };
  }
}

/**
 * Writes what came of the occurrence and, where it fires, the run: in the caller's transaction, with the keys, so that it
 * happens once or not at all. Wake workers after the commit where there is a run.
 *
 * @returns the occurrence's row, or the id of the earlier one that it repeats, and by which key.
 * @throws QueueFullError: nothing is written, and the same may be tried again.
 */
export async function commit(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  prepared: Prepared,
  {
    requester = trigger.actor,
    byHand = false,
  }: { requester?: Actor & { kind: "user" | "service" }; byHand?: boolean } = {},
): Promise<OccurrenceRow | { repeats: string; key: string }> {
  const { occurrence } = prepared;
  const { id, at, digest } = occurrence;
  const { org } = trigger;
  const taken = await takeKeys(db, { org, trigger: trigger.id, keys: occurrence.keys, occurrence: id });
  if (taken !== null) return { repeats: taken.occurrence, key: taken.key };
  const note = (outcome: OccurrenceOutcome, reason: string | null, run: string | null = null) =>
    insertOccurrence(db, { id, org, trigger: trigger.id, at, outcome, reason, run, digest });
  if (trigger.pausedAt !== null && !byHand) return note("paused", trigger.pausedReason ?? "The trigger is paused.");
  const { project, environment } = trigger;
  // By hand it was decided as the call that it is.
  const refused = byHand ? null : await deps.mayStart(db, { org, actor: requester.id, project, environment });
  if (refused !== null) {
    await recordFiring(deps, db, trigger, occurrence, {
      result: "denied",
      details: { outcome: "right_lost", refused },
    });
    return note("right_lost", `${requester.name}, for whom it acts, may not start runs here any more. ${refused}`);
  }
  if ("outcome" in prepared) return note(prepared.outcome, prepared.reason);
  const { plan } = prepared;
  const freeze = mayChange(plan)
    ? await freezeOver(db, { org, project: trigger.project, environment: trigger.environment })
    : null;
  if (freeze !== null) {
    const until = freeze.to === null ? "until somebody ends it" : `until ${freeze.to.toISOString()}`;
    return note("frozen", `Frozen ${until}: ${freeze.reason}`);
  }
  const run = deps.newId();
  await createRun(db, {
    id: run,
    org,
    project: trigger.project,
    plan,
    planDigest: digestOf(plan),
    requester,
    priority: 0,
    parent: null,
    planners: requester.id === trigger.actor.id ? [] : [plannerOf(trigger)],
    triggeredBy: { trigger: trigger.id, name: trigger.name, occurrence: id, depth: occurrence.depth + 1 },
    at: occurrence.now,
    queueLimit: deps.queueLimit,
  });
  // By hand it is a call like any other, and recorded as such.
  if (!byHand) await recordFiring(deps, db, trigger, occurrence, { result: "allowed", details: { run } });
  return note("fired", occurrence.reason, run);
}

async function recordFiring(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  occurrence: Occurrence,
  said: Pick<AuditRecord, "result" | "details">,
): Promise<void> {
  const { org, id, name, project, environment, actor, source } = trigger;
  await writeAudit(db, {
    ...said,
    id: deps.newId(),
    org,
    actor: platformActor,
    onBehalfOf: actor,
    action: "triggers.fired",
    target: { trigger: id, name, kind: source.kind, project, environment, occurrence: occurrence.id },
    reason: occurrence.reason,
  });
}

/**
 * The same for what nobody sends again: an organization that may start no more runs loses this one, and the history says so.
 * @returns whether there is a new run.
 */
export async function commitOrNote(
  deps: FireDeps,
  db: Queryable,
  trigger: TriggerRow,
  prepared: Prepared,
): Promise<boolean> {
  try {
    const done = await commit(deps, db, trigger, prepared);
    return "run" in done && done.run !== null;
  } catch (error) {
    if (!(error instanceof QueueFullError)) throw error;
    const { id, at, digest } = prepared.occurrence;
    const lost = { id, org: trigger.org, trigger: trigger.id, at, digest, run: null };
    await insertOccurrence(db, { ...lost, outcome: "quota", reason: error.message });
    return false;
  }
}

/** Whose trigger it is has chosen what it does; somebody else may only have set it off. */
function plannerOf({ actor: { id, name } }: TriggerRow): Party {
  return { role: "planner", id, name };
}

/** False for a plan that only looks or drafts, which a freeze lets run. What a sub-run will do isn't known yet. */
function mayChange(plan: Plan): boolean {
  return plan.tools.some(({ effect }) => touchesWorld(effect)) || plan.steps.some(({ kind }) => kind === "run");
}

import type { ErrorData } from "../error-data.ts";
import type { Actor, OnBehalfOf } from "../events.ts";
import { isApproved, leftOf, openGateOf } from "./gate.ts";
import type { Approver, RunCommand } from "./input.ts";
import { emit, failStep, step, type Machine } from "./machine.ts";
import type { Gate, RunState } from "./state.ts";

type CommandOf<K extends RunCommand["kind"]> = Extract<RunCommand, { kind: K }>;

/** A thread is for people; past this it is something else. */
const maximumComments = 200;

/** Who decides, with what the database says of them; without it (in a simulation) they are themselves and nobody else. */
export type Decider = Partial<Approver> & { actor: Actor; groups: readonly string[] };

/** The rights that an approval would use: one, or one per group where policy lets a person stand for several. */
export type Rights = readonly { group: string; onBehalfOf: OnBehalfOf | null }[];

export function approve(m: Machine, input: CommandOf<"approve">): ErrorData | null {
  const { actor, hash, reason } = input;
  const rights = checkApproval(m.state, input, m.around.now);
  if ("code" in rights) return rights;
  const gate = m.state.gates.get(hash) as Gate;
  const { person = actor.id, proof = null } = input;
  for (const { group, onBehalfOf } of rights) {
    const given = {
      hash,
      group,
      reason,
      person,
      ...(onBehalfOf && { onBehalfOf }),
      ...(proof && { proof }),
    };
    const record = m.around.sign?.(m.state, gate, { decision: "approve", actor, at: m.around.now, ...given });
    emit(m, "approval.recorded", { ...given, ...(record !== undefined && { record }) }, actor);
  }
  if (!isApproved(gate)) return null;
  emit(m, "change_set.approved", { hash }, actor);
  const waiting = m.state.steps.get(gate.changeSet.gate);
  if (waiting?.status === "waiting") {
    const approvals = gate.approvals.map((one) => ({ group: one.group, actor: one.actor.name, at: one.at }));
    emit(m, "step.wait_ended", { step: waiting.key, payload: { approvals } });
  }
  return null;
}

export function reject(m: Machine, input: CommandOf<"reject">): ErrorData | null {
  const { actor, hash, reason } = input;
  const right = checkRejection(m.state, input);
  if ("code" in right) return right;
  const gate = m.state.gates.get(hash) as Gate;
  const { person = actor.id, proof = null } = input;
  const { group, onBehalfOf } = right;
  const record = m.around.sign?.(m.state, gate, {
    decision: "reject",
    actor,
    at: m.around.now,
    hash,
    group,
    reason,
    person,
    ...(onBehalfOf && { onBehalfOf }),
    ...(proof && { proof }),
  });
  emit(m, "change_set.rejected", { hash, reason, ...(record !== undefined && { record }) }, actor);
  const error = {
    code: "change_set_rejected",
    message: `${actor.name} rejected the change set: ${reason}`,
    retryable: false,
  };
  const { gate: kind } = gate.changeSet;
  if (kind === "run") emit(m, "run.finished", { status: "rejected", error });
  else if (kind === "undo") emit(m, "run.finished", { status: m.state.formerStatus ?? "failed", error });
  else failStep(m, step(m, kind), error);
  return null;
}

export function comment(m: Machine, { actor, hash, text }: CommandOf<"comment">): ErrorData | null {
  const gate = m.state.gates.get(hash);
  if (!gate) return stale(m.state, gate);
  if (gate.comments.length >= maximumComments)
    return refusal("too_many_comments", `This change set has ${maximumComments} comments already; talk elsewhere.`);
  emit(m, "change_set.commented", { hash, text }, actor);
  return null;
}

/** The rights that this approval would use, or why it can't be given. The API asks the same before it passes one on. */
export function checkApproval(
  state: RunState,
  who: Decider & { hash: Gate["hash"]; group?: string | null },
  now: number,
): Rights | ErrorData {
  const gate = openGate(state, who.hash);
  if ("code" in gate) return gate;
  if (gate.expiresAt !== null && gate.expiresAt <= now)
    return refusal("approval_expired", "The time to approve this change set is over.");
  if (isAParty(state, who))
    return refusal(
      "requester_cannot_approve",
      "Who asked for a change or planned it can't approve it, under no name; ask somebody else of the group.",
    );
  const { actor, person = actor.id } = who;
  if (counted(gate).has(person) || gate.approvals.some((one) => one.actor.id === actor.id))
    return refusal("already_approved", "You approved this change set before; somebody else must.");
  if (who.needsProof === true && (who.proof ?? null) === null)
    return refusal(
      "mfa_required",
      "Approving in this environment needs a second factor, given for this very change set: gantry approve asks for it, and so does its page in the dashboard.",
    );
  const missing = leftOf(gate).filter(({ group }) => (who.group ?? group) === group);
  const rights = missing.flatMap(({ group }) => rightIn(gate, who, group) ?? []);
  if (rights.length === 0) {
    const names = missing.map(({ group }) => group).join(" and ");
    return refusal(
      "not_in_group",
      missing.length === 0
        ? `No approval of ${who.group ?? "any group"} is missing.`
        : `This needs an approval of ${names}; you are in none of them, and nobody who could delegated it to you.`,
    );
  }
  return gate.decision.shared === true ? rights : rights.slice(0, 1);
}

/** Only those who may approve a change set, and who asked for it, can reject it. */
function checkRejection(
  state: RunState,
  who: Decider & { hash: Gate["hash"] },
): { group: string | null; onBehalfOf: OnBehalfOf | null } | ErrorData {
  const gate = openGate(state, who.hash);
  if ("code" in gate) return gate;
  const needed = gate.decision.approvals.map(({ group }) => group);
  const own = needed.find((group) => who.groups.includes(group));
  if (own !== undefined) return { group: own, onBehalfOf: null };
  if (isAParty(state, who)) return { group: null, onBehalfOf: null };
  const lent = who.delegations?.find(({ group }) => needed.includes(group));
  if (lent) return { group: lent.group, onBehalfOf: onBehalfOf(lent) };
  return refusal("not_in_group", "Only those who may approve a change set, and who asked for it, can reject it.");
}

function openGate(state: RunState, hash: Gate["hash"]): Gate | ErrorData {
  if (state.dryRun)
    return refusal(
      "run_is_dry",
      `Run ${state.id} is a dry run: it changes nothing, so there is nothing to decide. \`gantry run --real ${state.id}\`, or the button on its page, carries it out as a new run.`,
    );
  const gate = state.gates.get(hash);
  return gate?.status === "open" ? gate : stale(state, gate);
}

/** They asked for it, or it is made from something of theirs. */
export function isAParty(state: RunState, { actor, party }: Decider): boolean {
  return party === true || actor.id === state.requester.id || state.parties.some(({ id }) => id === actor.id);
}

/** Everybody whose hand or whose right is in an approval already. */
function counted(gate: Gate): Set<string> {
  return new Set(gate.approvals.flatMap(({ person, onBehalfOf: of }) => (of ? [person, of.person] : [person])));
}

/** One's own right, else one that was delegated by somebody who neither asked for the change nor counted already. */
function rightIn(gate: Gate, who: Decider, group: string): Rights[number] | null {
  if (who.groups.includes(group)) return { group, onBehalfOf: null };
  const used = counted(gate);
  const lent = who.delegations?.find((one) => one.group === group && !one.party && !used.has(one.person));
  return lent ? { group, onBehalfOf: onBehalfOf(lent) } : null;
}

function onBehalfOf({ id, from, person }: Approver["delegations"][number]): OnBehalfOf {
  return { delegation: id, actor: from, person };
}

function stale(state: RunState, gate: Gate | undefined): ErrorData {
  const open = openGateOf(state);
  const now = open ? `The one to decide on is ${open.hash}.` : "None is waiting for a decision.";
  return refusal("change_set_stale", `That change set is ${gate ? gate.status : "not one of this run's"}. ${now}`);
}

function refusal(code: string, message: string): ErrorData {
  return { code, message, retryable: false };
}

import type { ChangeSet, RunEvent } from "@gantry/sdk";
import type { Notice } from "@gantry/sdk/api";
import type { NoticedRun } from "../store/journal/noticed-runs.ts";
import { kindOf } from "./kinds.ts";
import { plainLine } from "./plain-text.ts";

/** Larger data of an event (previews, outputs) stays here: who is told can look it up. */
const maxDataBytes = 16 * 1024;

/** What subscribers are told of an event: one sentence first (what, where, who, what is needed), then facts. */
export function composeNotice(event: RunEvent, run: NoticedRun): Notice {
  const data = JSON.stringify(event.data);
  return {
    kind: kindOf(event),
    sentence: plainLine(sentenceOf(event, run), 400),
    at: event.at,
    actor: plainLine(event.actor.name, 100),
    run: {
      id: run.id,
      goal: plainLine(run.goal, 300),
      runbook: run.runbook,
      project: run.project,
      environment: run.environment,
      requester: plainLine(run.requester, 100),
    },
    facts: factsOf(event).map(({ label, value }) => ({ label, value: plainLine(value, 300) })),
    action: actionOf(event, run.id),
    event: {
      type: event.type,
      seq: event.seq,
      data: Buffer.byteLength(data) > maxDataBytes ? null : (event.data as never),
    },
  };
}

function sentenceOf(event: RunEvent, run: NoticedRun): string {
  const what = `“${plainLine(run.goal, 120)}”`;
  const where = `in ${run.environment}`;
  const who = plainLine(run.requester, 60);
  switch (event.type) {
    case "change_set.created": {
      const { changeSet, decision, expiresAt } = event.data;
      const does = `${what} ${effectOf(changeSet)} ${where}; ${who} asked`;
      if (expiresAt === null) return `Previewed: ${does}.`;
      const needed = decision.approvals.map(({ group, count }) => `${count} of ${group}`).join(" and ");
      return `Approval needed: ${does}, ${needed || "somebody"} must approve.`;
    }
    case "approval.escalated":
      return `Nobody has answered: ${what} ${where} still waits for approval; ${who} asked, ${plainLine(event.data.group, 60)} should see to it.`;
    case "step.outcome_unclear":
      return `Attention needed: nobody knows whether step ${event.data.step} of ${what} took effect ${where}; ${who} asked, look and settle it.`;
    case "run.finished":
      return `${endOf(event.data.status)}: ${what} ${where}, asked by ${who}${event.data.error === null ? "" : `: ${plainLine(event.data.error.message, 200)}`}.`;
    default:
      return `${wordsOf(event.type)}: ${what} ${where}, asked by ${who}${event.actor.kind === "platform" ? "" : `; by ${plainLine(event.actor.name, 60)}`}.`;
  }
}

/** `adds 1, changes 2 and destroys 3 resources`, or what it may do where no preview counted. */
function effectOf({ counts, effect }: ChangeSet): string {
  const parts = (
    [
      ["adds", counts.add],
      ["changes", counts.change],
      ["destroys", counts.destroy],
    ] as const
  ).flatMap(([verb, count]) => (count > 0 ? [`${verb} ${count}`] : []));
  const last = parts.pop();
  if (last === undefined) return effect === "destroys" ? "may destroy something" : "changes something";
  const total = counts.add + counts.change + counts.destroy;
  return `${parts.length > 0 ? `${parts.join(", ")} and ` : ""}${last} resource${total === 1 ? "" : "s"}`;
}

function endOf(status: RunEvent<"run.finished">["data"]["status"]): string {
  switch (status) {
    case "succeeded":
      return "Done";
    case "previewed":
      return "Previewed";
    case "failed":
      return "Failed";
    case "canceled":
      return "Canceled";
    case "denied":
      return "Denied by policy";
    case "rejected":
      return "Rejected";
    case "undone":
      return "Failed and undone";
    case "undo_incomplete":
      return "Attention needed: not everything could be undone";
    case "quarantined":
      return "Quarantined, because it crashed its workers";
    default:
      return status satisfies never;
  }
}

/** `run.undo_started` reads as `Run undo started`. */
function wordsOf(type: string): string {
  const words = type.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function factsOf(event: RunEvent): { label: string; value: string }[] {
  switch (event.type) {
    case "change_set.created":
      return changeSetFacts(event);
    case "run.finished":
    case "run.failing":
    case "step.failed":
    case "attempt.failed":
      return event.data.error === null ? [] : [{ label: "Error", value: event.data.error.code }];
    case "step.outcome_unclear":
      return [
        { label: "Step", value: event.data.step },
        { label: "Why", value: event.data.reason },
      ];
    default:
      return [];
  }
}

function changeSetFacts({ data: { changeSet, decision, expiresAt } }: RunEvent<"change_set.created">) {
  const { risk, blastRadius, undo } = changeSet;
  const touched = blastRadius.touches.slice(0, 5);
  const more = blastRadius.touches.length - touched.length + blastRadius.omitted;
  const lost = undo.steps.filter(({ possible }) => !possible).map(({ step }) => step);
  const costs = changeSet.entries.flatMap(({ preview }) => (preview?.cost === undefined ? [] : [preview.cost]));
  return [
    { label: "Risk", value: [risk.level, ...risk.reasons.slice(0, 3)].join(": ") },
    ...(costs.length === 0 ? [] : [{ label: "Cost a month", value: costs.map(costOf).join(" and ") }]),
    ...(touched.length === 0
      ? []
      : [{ label: "Touches", value: `${touched.join(", ")}${more > 0 ? ` and ${more} more` : ""}` }]),
    { label: "Undo", value: lost.length === 0 ? "everything can be undone" : `can't be undone: ${lost.join(", ")}` },
    ...(decision.policies.length === 0 ? [] : [{ label: "Policy", value: decision.policies.join(", ") }]),
    ...(expiresAt === null ? [] : [{ label: "Expires", value: utc(expiresAt) }]),
  ];
}

function costOf({ low, high, currency }: { low: number; high: number; currency: string }): string {
  return low === high ? `${low} ${currency}` : `${low} to ${high} ${currency}`;
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** What to type. Nothing is ever decided by opening an address. */
function actionOf(event: RunEvent, run: string): string | null {
  const kind = kindOf(event);
  if (kind === "approval.needed" || kind === "approval.escalated") return `gantry approve ${run}`;
  if (event.type === "step.outcome_unclear") return `gantry settle ${run} ${event.data.step} done|not_done`;
  return `gantry runs show ${run}`;
}

/** A message that says nothing but that it arrived. */
export function testNotice(name: string, actor: string, at: number): Notice {
  return {
    kind: "test",
    sentence: `Test of the subscription ${name}: nothing happened, and nothing is needed; ${plainLine(actor, 60)} asked for it.`,
    at,
    actor: plainLine(actor, 100),
    run: null,
    facts: [],
    action: null,
    event: null,
  };
}

/** Of a role that somebody took, gave back or looked at: no run's, and not to be missed. */
export function breakGlassNotice(
  what: "opened" | "ended" | "reviewed",
  one: {
    id: string;
    actor: { name: string };
    role: string;
    project: string;
    environment: string | null;
    reason: string;
    expiresAt: Date;
    review: string | null;
  },
  by: string,
  at: number,
): Notice {
  const who = plainLine(one.actor.name, 60);
  const where = `${one.project}${one.environment === null ? "" : `/${one.environment}`}`;
  const sentence = {
    opened: `Glass broken: ${who} is ${one.role} of ${where} until ${utc(one.expiresAt.getTime())}: ${plainLine(one.reason, 200)}`,
    ended: `Break-glass ended: ${who} is ${one.role} of ${where} no more; by ${plainLine(by, 60)}. Somebody else should review what was done.`,
    reviewed: `Break-glass reviewed: what ${who} did as ${one.role} of ${where}; by ${plainLine(by, 60)}: ${plainLine(one.review ?? "", 200)}`,
  }[what];
  return {
    kind: `break_glass.${what}`,
    sentence: plainLine(sentence, 400),
    at,
    actor: plainLine(by, 100),
    run: null,
    facts: [
      { label: "Who", value: who },
      { label: "Role", value: `${one.role} of ${where}` },
      { label: "Reason", value: plainLine(one.reason, 300) },
      { label: "Until", value: utc(one.expiresAt.getTime()) },
    ],
    action: {
      opened: `gantry break-glass end ${one.id}`,
      ended: `gantry break-glass review ${one.id}`,
      reviewed: null,
    }[what],
    event: null,
  };
}

import type { Json, Origin, RunEvent } from "@gantry/sdk";
import { isAskingPeople, ThoughtNote } from "@gantry/sdk/api";
import { safeLine } from "./safe-text.ts";
import { absolute, clockTime, duration } from "./time.ts";
import { renderApprovals, renderCounts } from "./words.ts";

/** One line for a change of state; null for events that change nothing a reader looks for. */
export function renderEvent(event: RunEvent): string | null {
  const text = textOf(event);
  return text === null ? null : `${clockTime(event.at)} ${safeLine(text)}`;
}

function textOf(event: RunEvent): string | null {
  const by = event.actor.kind === "platform" ? "" : ` by ${event.actor.name}`;
  switch (event.type) {
    case "run.created":
      return `${event.data.dryRun === true ? "dry run" : "run"} created${by}${originOf(event.data.origin)}: ${event.data.goal}`;
    case "run.started":
      return `run started; policy: ${event.data.decision.result.replaceAll("_", " ")}`;
    case "run.paused":
      return `run paused${by}${because(event.data.reason)}`;
    case "run.resumed":
      return `run resumed${by}`;
    case "run.halted":
      return `run halted by the kill switch (${event.data.scope})${because(event.data.reason)}`;
    case "run.unhalted":
      return "kill switch lifted; run goes on";
    case "run.frozen":
      return `frozen ${event.data.until === null ? "until somebody ends it" : `until ${absolute(event.data.until)}`}${because(event.data.reason)}`;
    case "run.unfrozen":
      return "no longer frozen; run goes on";
    case "run.freeze_overridden":
      return `freeze overridden${by}${because(event.data.reason)}`;
    case "run.cancel_requested":
      return `run is being canceled${by}${event.data.undo ? ", with undo" : ""}${because(event.data.reason)}`;
    case "run.deadline_passed":
      return "the run's deadline passed";
    case "run.failing":
      return `run is failing${event.data.step === null ? "" : ` at ${event.data.step}`}: ${event.data.error.message}`;
    case "run.retried":
      return `run is tried again${by}: ${event.data.steps.join(", ")}`;
    case "run.undo_started":
      return `undo begins${event.data.automatic ? " by itself" : by}${because(event.data.reason)}: ${event.data.steps.join(", ")}`;
    case "run.finished":
      return `run ${event.data.status.replaceAll("_", " ")}${event.data.error === null ? "" : `: ${event.data.error.message}`}`;
    case "run.suspected":
      return `the worker crashed ${event.data.crashes} times while it had this run`;
    case "step.skipped":
      return `${event.data.step}: skipped (${event.data.reason === "condition" ? "its condition is false" : "what it depends on was skipped"})`;
    case "step.expanded":
      return `${event.data.step}: ${event.data.items.length} items`;
    case "step.failed":
      return `${event.data.step}: FAILED: ${event.data.error.message}`;
    case "step.retry_scheduled":
      return `${event.data.step}: ${event.data.operation} again in ${duration(event.data.dueAt - event.at)}`;
    case "step.waiting":
      return `${event.data.step}: waits ${waitOf(event.data)}`;
    case "step.wait_ended":
      return `${event.data.step}: waited long enough`;
    case "step.slot_awaited":
      return `${event.data.step}: waits for ${event.data.key}${event.data.holder === null ? "" : `, held by run ${event.data.holder}`}`;
    case "step.limit_awaited":
      return `${event.data.step}: ${event.data.operation} waits for ${event.data.limit.what}${event.data.limit.until === null ? "" : `, until ${absolute(event.data.limit.until)}`}`;
    case "step.outcome_unclear":
      return `${event.data.step}: OUTCOME UNKNOWN: ${event.data.reason}`;
    case "step.undo_skipped":
      return `${event.data.step}: not undone: ${event.data.reason}`;
    case "attempt.started":
      return `${event.data.step}: ${event.data.operation} started${event.data.number > 1 ? ` (try ${event.data.number})` : ""}`;
    case "attempt.noted":
      return `${event.data.step}: ${noteLine(event.data.note)}`;
    case "attempt.succeeded":
      return `${event.data.step}: ${event.data.operation} done`;
    case "attempt.failed":
      return `${event.data.step}: ${event.data.operation} FAILED: ${event.data.error.message}`;
    case "attempt.unknown":
      return `${event.data.step}: ${event.data.operation} has no known outcome: ${event.data.reason}`;
    case "attempt.settled":
      return `${event.data.step}: ${event.data.operation} was ${event.data.outcome.replace("_", " ")} (by ${event.data.by}${by})`;
    case "child.started":
      return `${event.data.step}: sub-run ${event.data.child} started`;
    case "child.ended":
      return `${event.data.step}: sub-run ${event.data.status.replaceAll("_", " ")}`;
    case "child.undo_requested":
      return `${event.data.step}: undo of sub-run ${event.data.child} requested`;
    case "change_set.created":
      return changeSetLine(event);
    case "change_set.approved":
      return "change set approved";
    case "change_set.rejected":
      return `change set rejected${by}${because(event.data.reason)}`;
    case "change_set.expired":
      return "change set expired";
    case "change_set.voided":
      return `change set void${because(event.data.reason)}`;
    case "change_set.commented":
      return `comment${by}: ${event.data.text}`;
    case "approval.recorded": {
      const { group, reason, onBehalfOf } = event.data;
      return `approved${by} for ${group}${onBehalfOf ? `, on behalf of ${onBehalfOf.actor.name}` : ""}${because(reason)}`;
    }
    case "approval.escalated":
      return `nobody has answered; told ${event.data.group}`;
    case "signal.received":
      return `signal ${event.data.name} received${by}`;
    case "command.refused":
      return `${event.data.command} refused: ${event.data.error.message}`;
    default:
      return unknownEvent(event);
  }
}

function originOf(origin: Origin | undefined): string {
  if (origin === undefined) return "";
  return origin.kind === "fork"
    ? `, forked from run ${origin.run} at ${origin.step ?? ""}`
    : `, from ${origin.kind === "retry" ? "run" : "dry run"} ${origin.run}`;
}

/** A newer server may send types that this release doesn't know. */
function unknownEvent(event: never): string {
  return (event as { type: string }).type;
}

function because(reason: string | null): string {
  return reason === null || reason === "" ? "" : ` (${reason})`;
}

function waitOf({ dueAt, signal }: { dueAt: number | null; signal: string | null }): string {
  const until = dueAt === null ? "" : ` until ${absolute(dueAt)}`;
  return signal === null ? until.trim() || "for an approval" : `for the signal ${signal}${until}`;
}

/** A turn of thinking; what other tools note is theirs to read. */
function noteLine(note: Json): string {
  const { data: thought } = ThoughtNote.safeParse(note);
  switch (thought?.kind) {
    case "answered": {
      const { toolCalls, model, usage, cost } = thought.answer;
      const what = toolCalls.length === 0 ? "answers" : `calls ${toolCalls.map(({ name }) => name).join(", ")}`;
      const price = `${cost.known ? "" : "at most "}${(cost.micros / 1e6).toFixed(4)} ${cost.currency}`;
      return `turn ${thought.turn}: ${model} ${what} (${usage.input} + ${usage.output} tokens, ${price})`;
    }
    case "calling":
      return `turn ${thought.turn}: ${thought.tool} runs`;
    case "called":
      return `turn ${thought.turn}: ${thought.tool} ${thought.failed ? "failed" : "done"}`;
    case "summarized":
      return `turn ${thought.turn}: what was said before is summarized`;
    case undefined:
      return isAskingPeople(note) ? "asks people: gantry questions list" : "noted how far it is";
    default:
      return thought satisfies never;
  }
}

function changeSetLine(event: RunEvent<"change_set.created">): string {
  const { changeSet, decision } = event.data;
  const needs = decision.approvals.length > 0 ? `, needs ${renderApprovals(decision.approvals)}` : "";
  return `change set ${renderCounts(changeSet.counts)}, ${changeSet.effect}, risk ${changeSet.risk.level}; policy: ${decision.result.replaceAll("_", " ")}${needs}`;
}

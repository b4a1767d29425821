import type { EventType, RunEvent } from "@gantry/sdk";
import type { NoticeKind } from "@gantry/sdk/api";

/** What an event is told as: the reason for telling people, where it is one, else the event's type. */
export function kindOf(event: RunEvent): NoticeKind | EventType {
  if (event.type === "change_set.created" && event.data.expiresAt !== null) return "approval.needed";
  if (event.type === "step.outcome_unclear") return "run.needs_attention";
  if (event.type === "run.finished") return `run.${event.data.status}`;
  return event.type;
}

/** Whether a subscription to `kinds` wants it. */
export function wants(kinds: readonly string[], event: RunEvent): boolean {
  return kinds.includes("*") || kinds.includes(kindOf(event)) || kinds.includes(event.type);
}

/** These wait for somebody: they are said at once, and loudly. */
export function needsPerson(kind: string): boolean {
  return [
    "approval.needed",
    "approval.escalated",
    "run.needs_attention",
    "run.undo_incomplete",
    "break_glass.opened",
  ].includes(kind);
}

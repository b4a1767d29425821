import type { Actor } from "../events.ts";
import type { ToolCaller } from "../tool.ts";
import type { OpenAttempt, RunState } from "./state.ts";

/** In whose name an attempt works, as far as the run's history says it. */
export function callerOfAttempt(
  state: RunState,
  attemptId: string,
): Pick<ToolCaller, "approvers" | "parties"> & { actor: Actor } {
  const attempt = state.open.get(attemptId);
  const hash = attempt?.changeSet ?? null;
  const gate = hash === null ? undefined : state.gates.get(hash);
  const approvals = gate?.approvals ?? [];
  return {
    actor: actorOf(state, attempt),
    parties: gate?.changeSet.parties?.filter(({ role }) => role !== "requester") ?? state.parties,
    approvers: approvals.map(({ actor: { id, name }, group, onBehalfOf }) => ({
      id,
      name,
      group,
      onBehalfOf: onBehalfOf === null ? null : { id: onBehalfOf.actor.id, name: onBehalfOf.actor.name },
    })),
  };
}

/** Of an undo who asked for it; one that follows by itself is part of what was asked for at first. */
function actorOf({ requester, undo, gates }: RunState, attempt: OpenAttempt | undefined): Actor {
  if (attempt?.operation !== "undo" || undo === null || undo.automatic) return requester;
  const gate = attempt.changeSet === null ? undefined : gates.get(attempt.changeSet);
  // With an approval the undo begins by who approved it.
  const undoer = gate?.changeSet.parties?.find(({ role }) => role === "undoer");
  if (undoer !== undefined)
    return undoer.id === requester.id ? requester : { kind: "user", id: undoer.id, name: undoer.name };
  return undo.by.kind === "platform" ? requester : undo.by;
}

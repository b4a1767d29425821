import type { Operation } from "../events.ts";
import type { RunState, StepState } from "./state.ts";

/** An attempt of the operation is what the step needs next; false while one is under way, or where nothing asks for it any more. */
export function isAwaited(state: RunState, of: StepState, operation: Operation): boolean {
  switch (operation) {
    case "run":
      return isStartable(state, of);
    case "preview":
      return (
        of.status === "pending" &&
        (of.preview === null || state.recheck.has(of.key)) &&
        !isUnderWay(state, of, operation)
      );
    case "verify":
    case "inspect":
      return state.todo.has(of.key) || isTimed(of, operation);
    case "undo":
      return of.undo?.status === "pending" || isTimed(of, "undo");
    default:
      return operation satisfies never;
  }
}

/** A permit was asked for its first attempt or its next one, and nothing else came of it meanwhile. */
export function isStartable(state: RunState, of: StepState): boolean {
  return state.failure === null && state.cancel === null && (state.ready.has(of.key) || isTimed(of, "run"));
}

/** It is to be tried again; `dueFor` alone may be left over from an earlier time. */
function isTimed(of: StepState, operation: Operation): boolean {
  return of.dueFor === operation && of.dueAt !== null;
}

function isUnderWay(state: RunState, of: StepState, operation: Operation): boolean {
  return [...state.open.values()].some((one) => one.step === of.key && one.operation === operation);
}

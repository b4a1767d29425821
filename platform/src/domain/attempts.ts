import type { RunEvent } from "@gantry/sdk";
import type { AttemptView } from "@gantry/sdk/api";

/** Attempts by step, in the order they started. The state keeps only what is open, so this reads the history. */
export function attemptsOf(events: readonly RunEvent[]): Map<string, AttemptView[]> {
  const byId = new Map<string, AttemptView>();
  const bySteps = new Map<string, AttemptView[]>();
  for (const event of events) {
    if (event.type === "attempt.started") {
      const { attemptId, step, operation, number, worker, host } = event.data;
      const startedAt = new Date(event.at).toISOString();
      const attempt: AttemptView = {
        id: attemptId,
        operation,
        number,
        status: "running",
        startedAt,
        endedAt: null,
        worker,
        host,
        error: null,
      };
      byId.set(attemptId, attempt);
      const others = bySteps.get(step);
      if (others === undefined) bySteps.set(step, [attempt]);
      else others.push(attempt);
    }
    const end = endOf(event);
    const attempt = end === null ? undefined : byId.get(end.attemptId);
    if (end !== null && attempt !== undefined) {
      // One whose end nobody saw has ended then, not when somebody said what had come of it.
      const endedAt = attempt.endedAt ?? new Date(event.at).toISOString();
      Object.assign(attempt, { status: end.status, error: end.error, endedAt });
    }
  }
  return bySteps;
}

function endOf(
  event: RunEvent,
): { attemptId: string; status: AttemptView["status"]; error: AttemptView["error"] } | null {
  switch (event.type) {
    case "attempt.succeeded":
      return { attemptId: event.data.attemptId, status: "succeeded", error: null };
    case "attempt.failed":
      return { attemptId: event.data.attemptId, status: "failed", error: event.data.error };
    case "attempt.unknown": {
      const error = { code: "outcome_unknown", message: event.data.reason, retryable: false };
      return { attemptId: event.data.attemptId, status: "unknown", error };
    }
    case "attempt.settled":
      return { attemptId: event.data.attemptId, status: event.data.outcome, error: null };
    default:
      return null;
  }
}

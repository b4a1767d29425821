import type { ToolContext } from "@gantry/sdk";
import type { LedgerAnswer, LedgerRequest } from "../ledger-entry.ts";

export interface ReportOptions {
  operation?: "run" | "undo";
  dedup?: boolean;
  section?: string | null;
}

/** What the ledger is told about this attempt. */
export function requestOf(ctx: ToolContext, options: ReportOptions = {}): LedgerRequest {
  const { operation = "run", dedup = false, section = null } = options;
  const { runId: run, stepKey: step, attemptId: attempt, idempotencyKey: key, fence } = ctx;
  return { run, step, operation, attempt, key, fence, dedup, section };
}

/** Has the effect, or asks. @throws when the ledger refuses: this attempt was given up by the platform. */
export async function tell(
  ledger: string,
  what: "effect" | "inspect" | "enter" | "leave",
  request: LedgerRequest,
): Promise<LedgerAnswer> {
  const response = await fetch(`${ledger}/${what}`, { method: "POST", body: JSON.stringify(request) });
  const answer = (await response.json()) as LedgerAnswer;
  if (answer.kind === "refused") throw new Error("The ledger refuses an attempt that was given up.");
  return answer;
}

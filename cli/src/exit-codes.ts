import type { RunStatus } from "@gantry/sdk/api";

/** What the process exits with, and what it means; `docs/reference/exit-codes.md` is this table. */
export const exitCodes = {
  ok: { code: 0, meaning: "Done; for a run that was followed, it succeeded." },
  failed: { code: 1, meaning: "It failed, was canceled by somebody else, or the server couldn't be reached." },
  usage: { code: 2, meaning: "The command or a value given to it is wrong; nothing was done." },
  waiting: { code: 3, meaning: "The run waits for a person: an approval, or a word on an unknown outcome." },
  auth: { code: 4, meaning: "No key, a key that isn't known, or one that may not do this." },
  denied: { code: 5, meaning: "Policy denied it, or an approver rejected the change set." },
  undone: { code: 6, meaning: "The run failed and what it did was undone." },
  verificationFailed: { code: 7, meaning: "A verification failed, and what the run did is still in place." },
  timeout: { code: 8, meaning: "Out of time: the run's deadline, or `--timeout`." },
  interrupted: { code: 130, meaning: "Ctrl-C. A run that was followed goes on; nothing was canceled." },
  brokenPipe: { code: 141, meaning: "Whatever read the output went away." },
} as const;

export type ExitName = keyof typeof exitCodes;

/** What a run is expected to come to: `gantry undo` wants it undone, `gantry cancel` canceled. */
export type Wanted = "succeeded" | "undone" | "canceled";

/** How a run's state looks from a shell. `running` is what has no answer yet. */
export function exitOfRun(
  run: {
    status: RunStatus;
    error: { code: string } | null;
    changeSets?: readonly { decision: { result: string } }[];
  },
  wanted: Wanted = "succeeded",
): ExitName | "running" {
  switch (run.status) {
    case "succeeded":
      // Asked to undo or to cancel, but it had come through.
      return wanted === "succeeded" ? "ok" : "failed";
    case "previewed":
      // Of a dry run that is what would come of it.
      if (wanted !== "succeeded") return "failed";
      return run.changeSets?.at(-1)?.decision.result === "deny" ? "denied" : "ok";
    case "undone":
      return wanted === "succeeded" ? "undone" : "ok";
    case "canceled":
      return wanted === "canceled" ? "ok" : "failed";
    case "denied":
    case "rejected":
      return "denied";
    case "failed":
      return exitOfFailure(run.error?.code);
    case "undo_incomplete":
    case "quarantined":
      return "failed";
    case "waiting_for_approval":
    case "needs_attention":
      return "waiting";
    case "queued":
    case "preparing":
    case "running":
    case "waiting":
    case "pausing":
    case "paused":
    case "halted":
    case "frozen":
    case "canceling":
    case "undoing":
      return "running";
    default:
      return unknownStatus(run.status);
  }
}

/** A newer server may know statuses that this release doesn't: keep following. */
function unknownStatus(_status: never): "running" {
  return "running";
}

function exitOfFailure(code: string | undefined): ExitName {
  if (code === "deadline_exceeded") return "timeout";
  if (code === "verification_failed") return "verificationFailed";
  if (code === "policy_denied" || code === "change_set_rejected") return "denied";
  return "failed";
}

/** The error of a request, by the server's code and HTTP status. */
export function exitOfProblem(problem: { code: string; status: number }): ExitName {
  if (problem.status === 401) return "auth";
  if (problem.code === "policy_denied") return "denied";
  if (problem.status === 403) return "auth";
  if (problem.code === "deadline_exceeded") return "timeout";
  if (problem.status === 400 || problem.status === 422 || problem.code === "runbook_unknown") return "usage";
  return "failed";
}

/** `docs/reference/exit-codes.md`, which a test compares with this. */
export function renderExitCodes(): string {
  const all = Object.values(exitCodes);
  const width = Math.max(...all.map(({ meaning }) => meaning.length));
  const row = (code: string, meaning: string): string => `| ${code.padEnd(4)} | ${meaning.padEnd(width)} |`;
  return [
    "# Exit codes",
    "",
    "What `gantry` exits with. `gantry undo --wait` and `gantry cancel --wait` exit with 0 when the run was undone or",
    "canceled: that is what was asked for.",
    "",
    row("Code", "Meaning"),
    row("----", "-".repeat(width)),
    ...all.map(({ code, meaning }) => row(String(code), meaning)),
    "",
  ].join("\n");
}

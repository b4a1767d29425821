import { crashPoint } from "../lib/crash-points.ts";
import type { StoredRun } from "../store/journal/load-runs.ts";
import { requestOf, type Attempts } from "./attempts.ts";
import type { StateLoader } from "./load-state.ts";
import { inputOfMail, type Mail } from "./mail.ts";
import { createOwnedRun, type OwnedRun, type PendingInput, type RunPolicy } from "./owned-run.ts";
import { findForgeries } from "./decision-records.ts";
import type { AttemptRunner, DecisionSigner } from "./ports.ts";

export interface RecoverDeps {
  loader: StateLoader;
  attempts: Attempts;
  runner: Pick<AttemptRunner, "canResume" | "settle">;
  host: string;
  signer: DecisionSigner;
  policyOf(stored: StoredRun): Promise<RunPolicy>;
}

/** First of all, what isn't what people approved is void. */
export async function refusedGates(signer: DecisionSigner, { stored, state }: OwnedRun): Promise<PendingInput[]> {
  if (state.gates.size === 0) return [];
  const forgeries = await findForgeries(signer, stored, state);
  return forgeries.map(({ hash, reason }) => ({ input: { kind: "gate_refused", hash, reason }, message: null }));
}

/**
 * Builds a run that was just claimed, and settles what its former owner left under way: an attempt that still runs in
 * this process or can be resumed on this host goes on; of every other one this host makes sure that it has ended, and
 * the run is told that nobody saw its end.
 */
export async function recoverRun(
  deps: RecoverDeps,
  stored: StoredRun,
  session: string,
  inbox: readonly Mail[],
): Promise<{ run: OwnedRun; inputs: PendingInput[]; resume: string[] }> {
  const state = await deps.loader.load(stored);
  const run = createOwnedRun(stored, session, state, await deps.policyOf(stored));
  const inputs: PendingInput[] = await refusedGates(deps.signer, run);
  if (stored.poisoned) {
    const message =
      "Each time that a worker carried out this run and nothing else, the worker died. Find out why before you run it again.";
    inputs.push({
      input: { kind: "quarantine", error: { code: "run_quarantined", message, retryable: false } },
      message: null,
    });
  } else if (stored.crashes > 0) inputs.push({ input: { kind: "suspect", crashes: stored.crashes }, message: null });

  const reported = new Set<string>();
  for (const row of inbox) {
    const { id, command } = row;
    run.messages.add(id);
    inputs.push(inputOfMail(row));
    if (command.kind === "report") reported.add(command.attemptId);
  }
  const resume: string[] = [];
  if (!stored.poisoned) {
    for (const attempt of state.open.values()) {
      if (reported.has(attempt.id) || deps.attempts.isRunning(attempt.id)) continue;
      const here = attempt.host === deps.host;
      crashPoint("before-takeover");
      if (here && (await deps.runner.canResume(requestOf(run, attempt.id)))) {
        resume.push(attempt.id);
        continue;
      }
      if (here) await deps.runner.settle(attempt.id);
      const reason = here
        ? "Its worker ended, and nothing of it was left to continue."
        : `Its worker on ${attempt.host} is gone.`;
      inputs.push({ input: { kind: "attempt_lost", attemptId: attempt.id, reason }, message: null });
    }
    crashPoint("after-takeover");
  }
  inputs.push({ input: { kind: "advance" }, message: null });
  return { run, inputs, resume };
}

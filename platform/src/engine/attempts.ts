import { NoteRefusedError, type Json, type ToolCaller } from "@gantry/sdk";
import { attemptInput, callerOfAttempt, graphOf, type AttemptReport } from "@gantry/sdk/core";
import type { Log } from "../lib/log.ts";
import { crashPoint } from "../lib/crash-points.ts";
import type { TakeCallPermit } from "./call-permits.ts";
import type { OwnedRun } from "./owned-run.ts";
import type { AttemptRequest, AttemptRunner } from "./ports.ts";

export interface AttemptsDeps {
  runner: AttemptRunner;
  /** Resolves when the session's lease certainly holds; false when it is lost for good. */
  leaseHolds(session: string): boolean | Promise<boolean>;
  owned(runId: string): OwnedRun | undefined;
  /** Tells the run's owner here what its attempt came to. */
  report(run: OwnedRun, attemptId: string, result: AttemptReport): void;
  /** Has a note of its attempt journalled. */
  note(run: OwnedRun, attemptId: string, note: Json): void;
  /** Tells whoever owns the run now; keeps trying until the database has it. */
  sendReport(runId: string, attemptId: string, result: AttemptReport): Promise<void>;
  /** Lets calls that the attempt makes of other tools through. */
  callPermits(run: OwnedRun, attemptId: string): TakeCallPermit;
  /** An attempt that holds a permit has been running for a while. */
  longRunning(attemptId: string): void;
  log: Log;
}

export interface Attempts {
  /** Its start is committed: carries it out. */
  start(run: OwnedRun, attemptId: string): void;
  /** Goes on with what an earlier process on this host left of it. */
  resume(run: OwnedRun, attemptId: string): void;
  isRunning(attemptId: string): boolean;
  abort(runId: string, reason: string): void;
  /** The oldest note of the attempt that waits is in the journal, or never will be. */
  noteSettled(attemptId: string, written: boolean): void;
  /** The run isn't ours any more: what its attempts wanted to write down is refused. */
  refuseNotes(runId: string): void;
  running(): number;
  /** Resolves when none is running any more. */
  idle(): Promise<void>;
}

interface Running {
  runId: string;
  abort: AbortController;
  /** Notes whose commit is awaited, oldest first: they are decided on and written in this order. */
  notes: ((written: boolean) => void)[];
}

/** Milliseconds after which an attempt that goes on has certainly begun: what it holds of a rate is counted from then. */
const longMs = 1_000;

/** The attempts that run in this process. They belong to it, not to its session: losing a lease ends none of them. */
export function createAttempts(deps: AttemptsDeps): Attempts {
  const running = new Map<string, Running>();
  const waiters: (() => void)[] = [];

  const end = (attemptId: string): void => {
    running.delete(attemptId);
    if (running.size === 0) for (const resolve of waiters.splice(0)) resolve();
  };
  const note = (runId: string, attemptId: string, value: Json): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const owner = deps.owned(runId);
    const attempt = running.get(attemptId);
    if (attempt === undefined || !owner?.state.open.has(attemptId))
      return Promise.reject(new NoteRefusedError(attemptId));
    attempt.notes.push((written) => (written ? resolve() : reject(new NoteRefusedError(attemptId))));
    deps.note(owner, attemptId, value);
    return promise;
  };
  const carryOut = async (request: AttemptRequest, run: OwnedRun, abort: AbortController): Promise<void> => {
    const { runId, attemptId } = request;
    const holds = deps.leaseHolds(run.session);
    // Between the commit and here the process may have been stopped for longer than its lease.
    if (holds !== true && !(await holds)) return end(attemptId);
    let result: AttemptReport;
    const timer = run.permits.has(attemptId) ? setTimeout(() => deps.longRunning(attemptId), longMs) : null;
    try {
      const write = (value: Json) => note(runId, attemptId, value);
      result = await deps.runner.run(request, abort, write, deps.callPermits(run, attemptId));
    } catch (error) {
      deps.log.error(
        { err: error, run: runId, attempt: attemptId },
        "The runner failed; its attempt counts as uncertain",
      );
      const message = error instanceof Error ? error.message : String(error);
      result = { outcome: "failed", error: { code: "internal_error", message, retryable: false }, uncertain: true };
    }
    if (timer) clearTimeout(timer);
    crashPoint("after-effect-before-record");
    const owner = deps.owned(runId);
    if (owner?.state.open.has(attemptId)) {
      end(attemptId);
      return deps.report(owner, attemptId, result);
    }
    await deps.sendReport(runId, attemptId, result);
    end(attemptId);
  };
  const begin = (run: OwnedRun, request: AttemptRequest): void => {
    const { attemptId } = request;
    if (running.has(attemptId)) return;
    const abort = new AbortController();
    running.set(attemptId, { runId: run.id, abort, notes: [] });
    void carryOut(request, run, abort);
  };

  return {
    start: (run, attemptId) => begin(run, requestOf(run, attemptId)),
    resume: (run, attemptId) => begin(run, { ...requestOf(run, attemptId), resumed: true }),
    isRunning: (attemptId) => running.has(attemptId),
    abort: (runId, reason) => {
      for (const attempt of running.values()) {
        if (attempt.runId === runId) attempt.abort.abort(new DOMException(reason, "AbortError"));
      }
    },
    noteSettled: (attemptId, written) => running.get(attemptId)?.notes.shift()?.(written),
    refuseNotes: (runId) => {
      for (const attempt of running.values())
        if (attempt.runId === runId) for (const settle of attempt.notes.splice(0)) settle(false);
    },
    running: () => running.size,
    idle: () => (running.size === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}

export function requestOf({ state, stored }: OwnedRun, attemptId: string): AttemptRequest {
  const { step, operation, tainted = [], ...input } = attemptInput(state, attemptId);
  const outside = [...tainted, ...taintOfRun(stored)];
  return {
    ...input,
    org: stored.org,
    project: stored.project,
    environment: stored.environment,
    runId: state.id,
    stepKey: step,
    attemptId,
    operation,
    digest: graphOf(state.plan).tools.get(input.tool)?.digest ?? "",
    requester: stored.requester,
    caller: callerOf(state, stored, attemptId),
    fence: stored.fence,
    idempotencyKey: `${state.id}/${step}/${operation === "inspect" ? "run" : operation}`,
    ...(outside.length > 0 && { tainted: outside }),
  };
}

/** What a trigger was sent, or a run hands to its part, was written by neither who planned it nor who approved it. */
function taintOfRun({ trigger, parent }: OwnedRun["stored"]): string[] {
  if (trigger !== null) return [`trigger ${trigger.name ?? trigger.id}`];
  return parent === null ? [] : [`run ${parent}`];
}

/** Who asked, as the run's history and row say it: whichever worker has it, in whichever try. */
function callerOf(state: OwnedRun["state"], stored: OwnedRun["stored"], attemptId: string): ToolCaller {
  const caller = callerOfAttempt(state, attemptId);
  const { requester, person, trigger, parent } = stored;
  const isRequester = caller.actor.id === requester.id;
  const through =
    trigger === null
      ? parent === null
        ? null
        : { kind: "run" as const, id: parent, name: null }
      : { kind: "trigger" as const, ...trigger };
  return { ...caller, person: isRequester ? person : null, through: isRequester ? through : null };
}

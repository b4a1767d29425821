import { errorData, type ErrorData, type RunEvent } from "@gantry/sdk";
import {
  decide,
  nextDue,
  statusOf,
  wantedSlots,
  type AttemptReport,
  type RunInput,
  type RunState,
} from "@gantry/sdk/core";
import { crashPoint } from "../lib/crash-points.ts";
import type { ExtraWrite, RunWrite } from "../store/journal/flush.ts";
import type { Attempts } from "./attempts.ts";
import { composeWrites } from "./compose-writes.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { slotsToFree, unheldSlots } from "./held-slots.ts";
import type { HandledMessage, OwnedRun, PendingInput } from "./owned-run.ts";
import { permitKey, type WantedPermit } from "./permits.ts";
import type { WorkerConfig, WorkerDeps } from "./ports.ts";
import { createSurroundings, type SurroundingsDeps } from "./surroundings.ts";

export interface RunHostDeps extends SurroundingsDeps, Pick<WorkerDeps, "log"> {
  config: SurroundingsDeps["config"] & Pick<WorkerConfig, "shortWaitMs">;
  dispatcher: Dispatcher;
  attempts: Attempts;
  /** Asks for permits, then feeds the run. */
  takePermits(run: OwnedRun, wanted: readonly WantedPermit[]): void;
  /** Permits that were taken, but whose attempts don't start. */
  givePermitsBack(ids: readonly string[]): void;
  /** The ends of attempts that hold permits are committed. */
  permitsEnded(): void;
  /** An attempt failed. */
  attemptFailed(run: OwnedRun, event: RunEvent<"attempt.failed">): void;
  /** Queues the run for the journal. */
  enqueue(run: OwnedRun): void;
  /** Takes the slots that its ready steps want, then feeds the run. */
  takeSlots(run: OwnedRun, wanted: readonly { step: string; key: string }[]): void;
  startChild(run: OwnedRun, step: string, child: string): void;
  /** The end of the attempt is committed: nothing of it is needed any more. */
  forgetAttempt(runId: string, attemptId: string): void;
  /** Not written although it may still be ours: finds out why, reloads it or lets it go. */
  reload(run: OwnedRun, write: RunWrite | null, inputs: readonly PendingInput[]): void;
  /** Facts that its new owner must learn. */
  handOver(run: OwnedRun, attemptId: string, result: AttemptReport): void;
  /** A run left: there may be room for others. */
  left(): void;
  onCommitted?(run: { id: string; org: string }, events: readonly RunEvent[]): void;
  /** Events or messages were committed. */
  announce(events: boolean, work: boolean): void;
}

/** What was due before the decision that was just written is held up by something else: there is no hurry to look again. */
const overdueMs = 25;

/** The runs in this process: feeds them inputs, writes what follows, and sets going what was written. */
export interface RunHost {
  readonly runs: ReadonlyMap<string, OwnedRun>;
  add(run: OwnedRun, inputs: readonly PendingInput[]): void;
  feed(run: OwnedRun, input: RunInput): void;
  /** An input that came by mail. */
  deliver(run: OwnedRun, pending: PendingInput): void;
  prepare(run: OwnedRun): RunWrite | null;
  committed(run: OwnedRun, write: RunWrite): void;
  refused(run: OwnedRun, write: RunWrite): void;
  rejected(run: OwnedRun, error: unknown): void;
  /** It is somebody else's now, or nobody's. Nothing more is written for it. */
  forget(run: OwnedRun): void;
  /** Gives each run to whoever claims it next, once what runs of it has ended; with false those that are still here go on. */
  drain(wanted?: boolean): void;
}

export function createRunHost(deps: RunHostDeps): RunHost {
  const { clock, config, dispatcher, attempts, log } = deps;
  const runs = new Map<string, OwnedRun>();
  let draining = false;
  const around = createSurroundings(deps);

  const feed = (run: OwnedRun, input: RunInput): void => deliver(run, { input, message: null });
  const deliver = (run: OwnedRun, pending: PendingInput): void => {
    if (run.gone) return;
    run.pending.push(pending);
    deps.enqueue(run);
  };

  const prepare = (run: OwnedRun): RunWrite | null => {
    const part = run.parts.shift();
    if (part) return part;
    const inputs = run.pending;
    if (inputs.length === 0 && !draining) return null;
    run.pending = [];
    run.inFlight = inputs;
    try {
      const write = decideAll(run, inputs);
      if (write === null) {
        run.inFlight = [];
        settleDown(run);
      }
      return write;
    } catch (error) {
      log.error({ err: error, run: run.id }, "A run's state and its input don't fit; it is quarantined");
      rejected(run, error);
      return null;
    }
  };

  const decideAll = (run: OwnedRun, inputs: readonly PendingInput[]): RunWrite | null => {
    const { state } = run;
    const events: RunEvent[] = [];
    const handled: HandledMessage[] = [];
    let hungry = false;
    const wanted = run.slots.size > 0 ? wantedSlots(state) : [];
    for (const { input, message, answer } of inputs) {
      const ending = endsAttempt(state, input) ? 1 : 0;
      const capacity = draining ? 0 : dispatcher.capacityFor(run, ending);
      around.enter(run, capacity);
      const made = decide(state, input, around);
      dispatcher.count(run, state.open.size);
      hungry = capacity <= 0 || made.length >= capacity;
      if (message !== null) handled.push({ id: message, outcome: answer ?? refusalIn(made) });
      if (made.length > 0) events.push(...made);
      if (input.kind === "attempt_noted" && !made.some(({ type }) => type === "attempt.noted"))
        attempts.noteSettled(input.attemptId, false);
    }
    run.granted = false;
    if (run.grants.size > 0) {
      deps.givePermitsBack([...run.grants.values()]);
      run.grants.clear();
    }
    const permits = around.leave();
    if (permits.length > 0) deps.takePermits(run, permits);
    const view = statusOf(state);
    const freedSlots = run.slots.size > 0 ? slotsToFree(run, events, wanted) : [];
    const rest = events.some(({ type }) => type === "child.started")
      ? null
      : restOf(run, view.waiting !== null, hungry);
    if (events.length === 0 && handled.length === 0 && freedSlots.length === 0 && rest === null) return null;
    if (rest?.parks) crashPoint("before-park");
    // Nothing happened, but it was looked at: an idle run is only let go.
    const [first, ...others] = composeWrites(run, {
      events,
      handled,
      view,
      release: rest,
      freedSlots,
      newId: deps.newId,
    });
    run.parts = others;
    return first ?? null;
  };

  /** Whether the run may leave memory with this write, and when it must come back; arranges what it waits for if not. */
  const restOf = (
    run: OwnedRun,
    waiting: boolean,
    hungry: boolean,
  ): { dueAt: number | null; parks: boolean } | null => {
    const { state } = run;
    if (state.status !== null) return run.errands > 0 ? null : { dueAt: null, parks: false };
    const due = nextDue(state);
    if (state.open.size > 0 || run.errands > 0) {
      if (hungry && !draining && wantsMore(state, clock.now())) dispatcher.wait(run);
      return null;
    }
    if (draining) return { dueAt: clock.now(), parks: false };
    const wanted = unheldSlots(run, clock.now());
    if (wanted.length > 0) return null;
    if ((!waiting || hasUnasked(run)) && hungry && wantsMore(state, clock.now())) {
      dispatcher.wait(run);
      return null;
    }
    if (due !== null && due - clock.now() <= config.shortWaitMs) return null;
    return { dueAt: due, parks: state.seq > 1 };
  };

  const committed = (run: OwnedRun, write: RunWrite): void => {
    if (write.events.length > 0) crashPoint("after-record");
    run.refusals = 0;
    run.inFlight = [];
    deps.onCommitted?.(run.stored, write.events);
    // A command that was refused is no event of the run, and its sender waits for the answer.
    deps.announce(
      write.events.length > 0 || (write.extra?.handled.length ?? 0) > 0,
      write.extra !== null && makesWork(write.extra),
    );
    if (write.extra?.progressed) run.crashes = 0;
    if ((write.extra?.permits.length ?? 0) > 0) deps.permitsEnded();
    run.handled.push(...(write.extra?.handled ?? []).map(({ id }) => id));
    if (run.gone) return handOverReports(run);
    react(run, write);
    run.rejections = 0;
    if (write.release) {
      if (!write.finished) crashPoint("after-park");
      // What came in the meantime lies in the inbox too, and its wakeup with it; only attempts' ends don't.
      return forget(run);
    }
    if (run.parts.length > 0 || run.pending.length > 0) deps.enqueue(run);
    else settleDown(run);
    dispatcher.serve();
  };

  /** It stays in memory: what can make it go on by itself is arranged. */
  const settleDown = (run: OwnedRun): void => {
    const wanted = unheldSlots(run, clock.now());
    if (wanted.length > 0 && run.errands === 0) return deps.takeSlots(run, wanted);
    setTimer(run);
  };

  const react = (run: OwnedRun, write: RunWrite): void => {
    for (const event of write.events) {
      switch (event.type) {
        case "attempt.started":
          if (run.state.open.has(event.data.attemptId)) attempts.start(run, event.data.attemptId);
          break;
        case "child.started":
          deps.startChild(run, event.data.step, event.data.child);
          break;
        case "attempt.noted":
          attempts.noteSettled(event.data.attemptId, true);
          break;
        case "attempt.failed":
          deps.attemptFailed(run, event);
          deps.forgetAttempt(run.id, event.data.attemptId);
          break;
        case "attempt.succeeded":
        case "attempt.settled":
          deps.forgetAttempt(run.id, event.data.attemptId);
          break;
        case "run.cancel_requested":
        case "run.deadline_passed":
        case "run.undo_started":
          attempts.abort(run.id, event.type);
          break;
        default:
      }
    }
  };

  const refused = (run: OwnedRun, write: RunWrite): void => {
    if (run.gone) return handOverReports(run);
    const inputs = takeBack(run);
    deps.reload(run, write, inputs);
  };

  const rejected = (run: OwnedRun, error: unknown): void => {
    if (run.gone) return;
    run.rejections += 1;
    const inputs = takeBack(run).filter(isNoNote);
    log.error({ err: error, run: run.id }, "A run could not be carried on as decided; it is loaded again");
    deps.reload(run, null, run.rejections > 1 ? quarantine(inputs, error) : inputs.map(withoutOutput));
  };

  /** What an attempt wrote down may be what can't be stored: it is refused, and the attempt ends. */
  const isNoNote = ({ input }: PendingInput): boolean => {
    if (input.kind !== "attempt_noted") return true;
    attempts.noteSettled(input.attemptId, false);
    return false;
  };

  const takeBack = (run: OwnedRun): PendingInput[] => {
    const inputs = [...run.inFlight, ...run.pending];
    run.inFlight = [];
    run.pending = [];
    run.parts = [];
    return inputs;
  };

  const forget = (run: OwnedRun): void => {
    if (!run.gone) {
      run.gone = true;
      if (runs.get(run.id) === run) runs.delete(run.id);
      attempts.refuseNotes(run.id);
      if (run.timer) clearTimeout(run.timer);
      dispatcher.leave(run);
      dispatcher.count(run, 0);
      dispatcher.serve();
      deps.left();
    }
    // While a write or a reload is under way its inputs may still turn out to be recorded.
    if (!run.writing && !run.recovering) handOverReports(run);
  };

  const handOverReports = (run: OwnedRun): void => {
    for (const { input } of takeBack(run)) {
      if (input.kind === "attempt_succeeded")
        deps.handOver(run, input.attemptId, { outcome: "succeeded", output: input.output, usage: input.usage });
      if (input.kind === "attempt_failed") {
        const { attemptId, error, uncertain, usage } = input;
        deps.handOver(run, attemptId, { outcome: "failed", error, uncertain, usage });
      }
    }
  };

  const setTimer = (run: OwnedRun): void => {
    if (run.timer) clearTimeout(run.timer);
    run.timer = null;
    // What is under way ends with a look at everything.
    if (run.waitsForCapacity || run.errands > 0) return;
    const due = nextDue(run.state);
    if (due === null) return;
    const left = due - clock.now();
    const ms = left > 0 ? Math.min(left + 1, 2 ** 31 - 1) : overdueMs;
    run.timer = setTimeout(() => feed(run, { kind: "advance" }), ms);
  };

  return {
    runs,
    add: (run, inputs) => {
      runs.set(run.id, run);
      run.recovering = false;
      dispatcher.count(run, run.state.open.size);
      run.pending = [...inputs, ...run.pending];
      deps.enqueue(run);
    },
    feed,
    deliver,
    prepare,
    committed,
    refused,
    rejected,
    forget,
    drain: (wanted = true) => {
      draining = wanted;
      for (const run of runs.values()) {
        if (wanted) deps.enqueue(run);
        else feed(run, { kind: "advance" });
      }
    },
  };
}

/** Another worker, or this one, has something to claim or to read. */
function makesWork({ dueAt, messages, freedKeys }: ExtraWrite): boolean {
  return dueAt !== null || messages.length > 0 || freedKeys.length > 0;
}

function endsAttempt(state: RunState, input: RunInput): boolean {
  return (input.kind === "attempt_succeeded" || input.kind === "attempt_failed") && state.open.has(input.attemptId);
}

function refusalIn(events: readonly RunEvent[]): ErrorData | null {
  for (const event of events) if (event.type === "command.refused") return event.data.error;
  return null;
}

/** True when there may be something to start that only capacity keeps from starting. */
function wantsMore(state: RunState, now: number): boolean {
  if (state.halted) {
    const unclear = [...state.todo].some((key) => state.steps.get(key)?.status === "unknown");
    return state.halted.scope === "restored" && unclear;
  }
  if (state.paused) return false;
  if (state.ready.size > 0 || state.todo.size > 0 || state.recheck.size > 0) return true;
  if (state.phase === "preparing" || state.phase === "undoing") return true;
  return (nextDue(state) ?? Number.POSITIVE_INFINITY) <= now;
}

/** Waits for a limit that this worker, for want of capacity, has not asked since it has the run. */
function hasUnasked({ state, limited }: OwnedRun): boolean {
  return [...state.limited].some((key) => {
    const operation = state.steps.get(key)?.limit?.operation;
    return operation !== undefined && !limited.has(permitKey(key, operation));
  });
}

function withoutOutput({ input, message }: PendingInput): PendingInput {
  if (input.kind !== "attempt_succeeded") return { input, message };
  const error = {
    code: "output_not_storable",
    message: "The database can't store what the tool returned.",
    retryable: false,
  };
  return { input: { kind: "attempt_failed", attemptId: input.attemptId, error, uncertain: true }, message };
}

/** Ends the run; who sent it something meanwhile is told why nothing came of it. */
function quarantine(inputs: readonly PendingInput[], error: unknown): PendingInput[] {
  const { code, message } = errorData(error);
  const answer = {
    code: "run_quarantined",
    message: `The run can't go on: ${message}`,
    retryable: false,
    details: { code },
  };
  return [
    { input: { kind: "quarantine", error: answer }, message: null },
    ...inputs.flatMap(({ message: id }) =>
      id === null ? [] : [{ input: { kind: "advance" as const }, message: id, answer }],
    ),
  ];
}

import { setTimeout as delay } from "node:timers/promises";
import { armCrashPoint, crashPoint } from "../lib/crash-points.ts";
import { createFindStanding } from "../policy/index.ts";
import { clientConfig, connect } from "../postgres/index.ts";
import { giveBack, type ClaimedRun } from "../store/journal/claims.ts";
import { sendMessage } from "../store/journal/inbox.ts";
import { readControls, wakeHalted, type KillSwitch } from "../store/control/kill-switch.ts";
import { backOff, openLane, writerSettings } from "../store/journal/lane.ts";
import { readLimitRules } from "../store/journal/limit-rules.ts";
import { lapsedApprovals, loadRuns, readFence, type StoredRun } from "../store/journal/load-runs.ts";
import { createNotifier, eventsChannel, listen, workChannel } from "../store/journal/notify.ts";
import { placesOf } from "../store/journal/permits.ts";
import { buryDeadSessions, sweep } from "../store/journal/sessions.ts";
import { platformActor } from "@gantry/sdk";
import type { AttemptReport } from "@gantry/sdk/core";
import { createAttempts } from "./attempts.ts";
import { createLimitCover, noLimits } from "./limit-cover.ts";
import { createCallPermits } from "./call-permits.ts";
import { createPermitDesk } from "./permit-desk.ts";
import { createPermits } from "./permits.ts";
import { createClaimer } from "./claimer.ts";
import { createDatabaseClock } from "./database-clock.ts";
import { createDispatcher } from "./dispatcher.ts";
import { createErrands } from "./errands.ts";
import { createFreezes } from "./freezes.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createStateLoader } from "./load-state.ts";
import type { OwnedRun, PendingInput, RunPolicy } from "./owned-run.ts";
import type { DecisionSigner, WorkerDeps } from "./ports.ts";
import { inputOfMail, readMail, type Mail } from "./mail.ts";
import { recoverRun, refusedGates } from "./recover.ts";
import { createRunHost, type RunHost } from "./run-host.ts";
import { openSession, type Session } from "./session.ts";
import type { Halt } from "./surroundings.ts";
import type { RunWrite } from "../store/journal/flush.ts";

export interface WorkerStats {
  session: string | null;
  state: "starting" | "active" | "draining" | "stopped";
  /** True while the lease certainly holds. */
  holdsLease: boolean;
  runs: number;
  attempts: number;
  flushes: number;
  writes: number;
  events: number;
}

export interface Worker {
  /** Resolves once it is registered and looks for work. */
  start(): Promise<void>;
  /**
   * Takes nothing new, lets running attempts end (up to the grace), hands its runs over and signs off. What still runs
   * after the grace goes on without it, as after a crash, but whoever takes over need not wait.
   */
  drain(): Promise<void>;
  stats(): WorkerStats;
}

const whyLapsed = {
  approvers:
    "Too few of those who approved may still approve: one was disabled, left the group, lost a right that was delegated, had a hand in the change, or gave no second factor.",
  secrets: "A secret that it uses has another value now than when it was approved.",
};

/** Notifications gather for this long while work keeps coming. */
const lookPauseMs = 4;

/** One worker: claims runs, carries them out, survives the loss of its lease and of the database. */
export function createWorker<Own>(deps: WorkerDeps<Own>): Worker {
  const { config, runner, log, newId, random } = deps;
  if (config.crashAt !== null) armCrashPoint(config.crashAt);
  const stop = new AbortController();
  const clock = deps.clock ?? createDatabaseClock();
  const db = connect(config.databaseUrl, { name: "gantry-engine", max: 4, log, settings: writerSettings });
  const own = (name: string, settings?: Record<string, string>) =>
    clientConfig(config.databaseUrl, { name, ...(settings ? { settings } : {}) });
  const lanes = [0, 1].map(() =>
    openLane({ clientConfig: own("gantry-writer", writerSettings), newId, random, log, signal: stop.signal }),
  );
  const notifier = createNotifier({ clientConfig: own("gantry-notify"), random, log });

  const findStanding = createFindStanding();

  let session: Session | null = null;
  let signingKey: Awaited<ReturnType<DecisionSigner["current"]>> | null = null;
  let state: WorkerStats["state"] = "starting";
  let halts: readonly KillSwitch[] = [];
  /** Somebody told this worker to take nothing more; it lives on. */
  let drained = false;
  let previous: string | null = null;
  const freezes = createFreezes({ db, now: clock.now, pollMs: config.pollMs });

  const persist = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (stop.signal.aborted) throw error;
        if (tries === 1) log.warn({ err: error }, `Could not ${what}; trying again`);
        await delay(backOff(tries, random()), undefined, { signal: stop.signal });
      }
    }
  };
  const sendReport = async (runId: string, attemptId: string, result: AttemptReport): Promise<void> => {
    const message = {
      id: newId(),
      run: runId,
      message: { kind: "report" as const, attemptId, result },
      actor: platformActor,
    };
    await persist("report an attempt", () => sendMessage(db, message)).catch(() => {});
    notifier.notify(workChannel);
  };
  const leaseHolds = (id: string): boolean | Promise<boolean> => {
    if (session?.id === id && session.holds()) return true;
    return (async () => {
      // The database may only be away: the lease counts again once a beat comes through, unless somebody buried us.
      while (session?.id === id && !stop.signal.aborted) {
        if (session.holds()) return true;
        await delay(Math.min(100, config.leaseMs / 10));
      }
      return false;
    })();
  };

  const attempts = createAttempts({
    runner,
    log,
    leaseHolds,
    owned: (id) => host.runs.get(id),
    report: (run, attemptId, result) => {
      const { usage } = result;
      if (result.outcome === "succeeded")
        return host.feed(run, { kind: "attempt_succeeded", attemptId, output: result.output, usage });
      const { error, uncertain } = result;
      host.feed(run, { kind: "attempt_failed", attemptId, error, uncertain, usage });
    },
    note: (run, attemptId, note) => host.feed(run, { kind: "attempt_noted", attemptId, note }),
    sendReport,
    callPermits: (run, attemptId) => callPermits.of(run, attemptId),
    longRunning: (attemptId) => desk.used([attemptId]),
  });
  const dispatcher = createDispatcher({
    capacity: () => config.capacity,
    wake: (run) => host.feed(run, { kind: "advance" }),
  });
  const errands = createErrands({
    db,
    log,
    persist,
    planSubRun: deps.planSubRun,
    now: clock.now,
    feed: (run, input) => host.feed(run, input),
    announceWork: () => notifier.notify(workChannel),
  });
  let limits = noLimits;
  const readLimits = async (version: number): Promise<void> => {
    if (version === limits.version) return;
    limits = createLimitCover(await readLimitRules(db));
    for (const run of host.runs.values()) permits.relook(run);
  };
  const desk = createPermitDesk({
    db,
    newId,
    breakerRules: config.breaker,
    persist,
    woken: (ids) => {
      for (const id of ids) {
        callPermits.woken(id);
        const run = host.runs.get(id);
        if (run) permits.relook(run);
      }
      notifier.notify(workChannel);
    },
  });
  const callPermits = createCallPermits({
    desk,
    limits: () => limits,
    placesOf: (attempt) => persist("read what an attempt holds", () => placesOf(db, attempt)),
    now: clock.now,
    pollMs: config.pollMs,
    newId,
  });
  const permits = createPermits({
    desk,
    limits: () => limits,
    now: clock.now,
    pollMs: config.pollMs,
    newId,
    feed: (run, input) => host.feed(run, input),
    onErrand: errands.onErrand,
  });
  const loader = createStateLoader(db);
  const haltOf = (org: string): Halt => {
    const [first] = halts
      .filter(({ org: covered }) => covered === null || covered === org)
      // What lets nothing through goes first.
      .toSorted((a, b) => Number(a.restored) - Number(b.restored));
    if (first === undefined) return null;
    const { org: covered, reason, restored } = first;
    return { scope: restored ? "restored" : covered === null ? "everywhere" : "organization", reason };
  };
  const host: RunHost = createRunHost({
    newId,
    random,
    log,
    config,
    clock,
    dispatcher,
    attempts,
    haltOf,
    freezeOf: freezes.over,
    signingKey: () => signingKey,
    fingerprint: (tool) => runner.fingerprint(tool),
    enqueue: (run) => journal.enqueue(run),
    takeSlots: errands.takeSlots,
    limits: () => limits,
    takePermits: permits.take,
    givePermitsBack: desk.giveBack,
    permitsEnded: desk.settle,
    attemptFailed: permits.attemptFailed,
    startChild: errands.startChild,
    forgetAttempt: (runId, attemptId) => {
      runner.forget({ runId, attemptId }).catch((err: unknown) => {
        log.warn({ err, run: runId, attempt: attemptId }, "What an attempt left on this host could not be removed");
      });
    },
    reload: (run, write, inputs) => void reload(run, write, inputs),
    handOver: (run, attemptId, result) => void sendReport(run.id, attemptId, result),
    left: () => {
      if (claimer.isShort() && host.runs.size <= config.maxRuns / 2) look();
    },
    ...(deps.onCommitted === undefined ? {} : { onCommitted: deps.onCommitted }),
    announce: (events, work) => {
      if (events) notifier.notify(eventsChannel);
      if (work) notifier.notify(workChannel);
    },
  });
  const journal: Journal = createJournal({ ...host, lanes, stopped: (run) => host.forget(run) });
  const claimer = createClaimer({
    db,
    pool: config.pool,
    maxRuns: config.maxRuns,
    runs: host.runs,
    log,
    now: clock.now,
    runningAttempts: attempts.running,
    takeUp: (id, claimed) => takeUp(id, claimed),
  });

  const policyOf = async (stored: StoredRun): Promise<RunPolicy> => {
    const { basis } = stored;
    const own = basis === "" ? undefined : await deps.loadOwnRules?.(stored);
    return { basis, assess: (facts) => deps.assess(facts, stored, own) };
  };

  /** Our write was refused although we may own the run: the guard said no, or the database can't store it. */
  const reload = async (run: OwnedRun, write: RunWrite | null, inputs: readonly PendingInput[]): Promise<void> => {
    run.recovering = true;
    try {
      const again = await persist("reload a run", async () => {
        const row = await readFence(db, run.id);
        if (row?.owner !== run.session || row.fence !== run.stored.fence) return null;
        const [stored] = await loadRuns(db, run.session, [run.id]);
        if (!stored) return null;
        halts = (await readControls(db, run.session)).halts;
        await freezes.read();
        const gates = write?.extra?.gates ?? [];
        const lapsed = gates.length > 0 ? await lapsedApprovals(db, run.id, gates) : [];
        const { permits, snapshotSeq } = stored;
        const policy = await policyOf(stored);
        return { state: await loader.load(stored), policy, snapshotSeq: snapshotSeq ?? 0, permits, lapsed };
      });
      // The inputs stay with the run, so that what `forget` finds among them reaches the new owner.
      run.pending = [...inputs, ...run.pending];
      run.recovering = false;
      if (again === null || run.gone) return host.forget(run);
      run.state = again.state;
      run.policy = again.policy;
      run.snapshotSeq = again.snapshotSeq;
      run.begun.clear();
      forgetPermits(run, again.permits);
      const forged = await persist("check signatures", () => refusedGates(deps.signer, run));
      dispatcher.count(run, run.state.open.size);
      // Before anything else, or what follows from an attempt's end would start the same step again.
      run.pending.unshift(
        ...forged,
        ...again.lapsed.map(({ hash, why }): PendingInput => {
          return { input: { kind: "gate_refused", hash, reason: whyLapsed[why] }, message: null };
        }),
      );
      for (const id of run.state.open.keys()) {
        const known =
          attempts.isRunning(id) || run.pending.some(({ input }) => "attemptId" in input && input.attemptId === id);
        if (known) continue;
        const reason = "It was announced, but could not be begun.";
        run.pending.push({ input: { kind: "attempt_lost", attemptId: id, reason }, message: null });
      }
      run.refusals += 1;
      // Clocks may differ by a moment about an expiry; don't ask the database the same thing in a tight loop.
      if (run.refusals > 1) await delay(Math.min(2_000, 50 * 2 ** run.refusals));
      host.feed(run, { kind: "advance" });
    } catch (error) {
      if (stop.signal.aborted) return;
      run.pending = [...inputs, ...run.pending];
      run.recovering = false;
      host.forget(run);
      await leave(run.session, run.id, error);
    }
  };

  /** Those of attempts that the refused write would have announced are given back. */
  const forgetPermits = (run: OwnedRun, stored: readonly string[]): void => {
    const { open, steps } = run.state;
    const unsettled = new Set([...steps.values()].map(({ attemptId }) => attemptId));
    const held = stored.filter((id) => open.has(id) || unsettled.has(id));
    run.permits = new Set(held);
    const unused = stored.filter((id) => !run.permits.has(id));
    if (unused.length > 0) desk.giveBack(unused);
  };

  /** Perhaps another release of the worker can load it; it must not stay with one that can't. */
  const leave = async (id: string, run: string, error: unknown): Promise<void> => {
    log.error({ err: error, run }, "A run could not be loaded; it is tried again in a minute");
    await persist("give a run back", () => giveBack(db, id, run, 60_000)).catch(() => {});
  };

  const takeUp = async (id: string, claimed: readonly ClaimedRun[]): Promise<void> => {
    if (claimed.length === 0) return;
    const ids = claimed.map((run) => run.id);
    const [stored, inbox] = await persist("load runs", () =>
      Promise.all([loadRuns(db, id, ids), readMail({ db, findStanding }, id, ids)]),
    );
    if (inbox.length > 0) crashPoint("after-inbox-read");
    await readyToSign(inbox);
    // Limits that were set before these runs were asked for hold for them.
    if (stored[0]) await persist("read the limits", () => readLimits(stored[0]?.rulesVersion ?? 0));
    const messages = Map.groupBy(inbox, (row) => row.run);
    await Promise.all(
      stored.map(async (one) => {
        try {
          const { run, inputs, resume } = await recoverRun(
            { loader, attempts, runner, host: config.host, signer: deps.signer, policyOf },
            one,
            id,
            messages.get(one.id) ?? [],
          );
          if (session?.id !== id) return;
          host.add(run, inputs);
          // Its first event is written by whoever made the run; this is the first worker that has it.
          if (one.seq === 1) deps.onCommitted?.(one, one.events);
          for (const attemptId of resume) attempts.resume(run, attemptId);
          for (const step of run.state.steps.values()) {
            if (step.child && !step.child.ended) errands.startChild(run, step.key, step.child.id);
          }
        } catch (error) {
          await leave(id, one.id, error);
        }
      }),
    );
  };

  /** Decisions are signed as they are taken, which can't wait for the database. */
  const readyToSign = async (rows: readonly Mail[]): Promise<void> => {
    if (!rows.some(({ command: { kind } }) => kind === "approve" || kind === "reject")) return;
    signingKey = await persist("read the signing key", () => deps.signer.current());
  };
  const lookForMail = async (id: string): Promise<void> => {
    if (host.runs.size === 0) return;
    for (const run of host.runs.values()) for (const message of run.handled.splice(0)) run.messages.delete(message);
    const rows = await readMail({ db, findStanding }, id);
    if (rows.length > 0) crashPoint("after-inbox-read");
    await readyToSign(rows);
    for (const row of rows) deliver(row, id);
    for (const run of host.runs.values()) {
      permits.relookIfTime(run);
      if (run.refusedSlots.size === 0) continue;
      run.refusedSlots.clear();
      host.feed(run, { kind: "advance" });
    }
  };
  const deliver = (row: Mail, sessionId: string): void => {
    const { id } = row;
    const run = host.runs.get(row.run);
    if (!run || run.session !== sessionId || run.messages.has(id)) return;
    run.messages.add(id);
    host.deliver(run, inputOfMail(row));
  };
  const lookAtControls = async (id: string): Promise<void> => {
    const before = new Set(halts.map((one) => one.id));
    const controls = await readControls(db, id);
    ({ halts } = controls);
    await readLimits(controls.rulesVersion);
    if (controls.drained !== drained) {
      ({ drained } = controls);
      log.warn({ session: id, runs: host.runs.size }, drained ? "Drained: it takes nothing more" : "It works again");
      host.drain(drained);
    }
    if (before.size === halts.length && halts.every((one) => before.has(one.id))) return;
    for (const run of host.runs.values()) host.feed(run, { kind: "advance" });
    // Between the lifting and now this worker may have halted and parked a run that nobody would wake any more.
    const after = new Set(halts.map((one) => one.id));
    if ([...before].some((one) => !after.has(one))) await wakeHalted(db);
  };

  const openNext = async (): Promise<void> => {
    const next = await persist("register the worker", () =>
      openSession({
        db,
        config,
        clock,
        newId,
        log,
        signal: stop.signal,
        previous,
        onLost: loseSession,
      }),
    );
    // Where its first beat took longer than the lease it is dead before it was ours; the next look opens another one.
    session = next.isLost() ? null : next;
    previous = next.id;
  };
  const loseSession = (id: string): void => {
    if (session?.id !== id) return;
    log.warn(
      { session: id, runs: host.runs.size },
      "The lease was lost; the runs belong to others, their running attempts go on",
    );
    session = null;
    host.runs.forEach((run) => host.forget(run));
  };

  let buriedAt = 0;
  /** Every look would be too often where notifications come in hundreds a second. */
  const buryIfTime = async (): Promise<void> => {
    if (clock.now() - buriedAt < Math.min(config.pollMs, config.leaseMs) / 2) return;
    buriedAt = clock.now();
    if ((await buryDeadSessions(db)) > 0) notifier.notify(workChannel);
  };

  let wake: (() => void) | null = null;
  let woken = false;
  const look = (): void => {
    woken = true;
    wake?.();
  };
  /** Looks for work whenever something says so, and every poll interval in any case. */
  const loop = async (): Promise<void> => {
    let failures = 0;
    let sweptAt = 0;
    while (!stop.signal.aborted && state !== "draining") {
      woken = false;
      try {
        if (session === null) await openNext();
        const id = session?.id;
        if (id === undefined) continue;
        await lookAtControls(id);
        if (await freezes.readIfTime()) for (const run of host.runs.values()) host.feed(run, { kind: "advance" });
        await buryIfTime();
        if (clock.now() - sweptAt > 5_000) {
          sweptAt = clock.now();
          await sweep(db);
          await desk.sweep();
        }
        await lookForMail(id);
        if (session?.holds() && !drained) await claimer.claim(id);
        failures = 0;
      } catch (error) {
        if (stop.signal.aborted) return;
        failures += 1;
        if (failures === 1) log.warn({ err: error }, "The worker can't reach the database; what runs goes on");
      }
      if (woken && failures === 0) {
        await delay(lookPauseMs);
        continue;
      }
      const pause = failures > 0 ? backOff(failures, random()) : config.pollMs;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = null;
    }
  };

  let listening: { close(): Promise<void> } | null = null;
  let looping: Promise<void> = Promise.resolve();

  return {
    start: async () => {
      await openNext();
      const controls = await persist("read the kill switches", () => readControls(db, null));
      ({ halts } = controls);
      await persist("read the limits", () => readLimits(controls.rulesVersion));
      await persist("read the freezes", () => freezes.read());
      state = "active";
      listening = listen({ clientConfig: own("gantry-listen"), random, log }, [workChannel], look);
      looping = loop();
    },
    drain: async () => {
      if (state === "draining" || state === "stopped") return;
      state = "draining";
      look();
      // A database that is away must not keep the worker from ending.
      await Promise.race([looping, delay(Math.min(config.drainGraceMs, 5_000), undefined, { ref: false })]);
      await session?.markDraining().catch(() => {});
      host.drain();
      const grace = delay(config.drainGraceMs, undefined, { ref: false });
      await Promise.race([grace, attempts.idle().then(() => journal.idle())]);
      // Attempts that outlive the grace: their runs go to others, who inspect them or wait for their report.
      await Promise.race([delay(Math.min(config.drainGraceMs, 5_000), undefined, { ref: false }), journal.idle()]);
      await session?.close().catch(() => {});
      session = null;
      stop.abort();
      notifier.notify(workChannel);
      await listening?.close();
      await Promise.all(lanes.map((lane) => lane.close()));
      await notifier.close();
      await db.end();
      state = "stopped";
    },
    stats: () => ({
      session: session?.id ?? null,
      state,
      holdsLease: session?.holds() ?? false,
      runs: host.runs.size,
      attempts: attempts.running(),
      ...journal.stats(),
    }),
  };
}

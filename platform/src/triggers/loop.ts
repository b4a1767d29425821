import { setTimeout as delay } from "node:timers/promises";
import type { TriggerSource } from "@gantry/sdk/api";
import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import type { Queryable } from "../store/queryable.ts";
import { inTransaction } from "../store/transaction.ts";
import { claimDueTrigger, postponeTrigger, type TriggerRow } from "../store/plans/triggers.ts";
import type { FireDeps } from "./fire.ts";
import { extendFreeze } from "./freeze-windows.ts";
import { fireCommit, leaseUntil } from "./git.ts";
import type { LsRemote } from "./ls-remote.ts";
import { fireRunEnds } from "./run-ends.ts";
import { fireSchedule } from "./schedule.ts";

export interface DueDeps extends FireDeps {
  /** Of role gantry_engine: the triggers of all organizations are looked after together. */
  pool: Pool;
  /** Unix milliseconds by the database's clock. */
  time(db: Queryable): Promise<number>;
  /** Null: this process has no tools, so others look at repositories. */
  lsRemote: LsRemote | null;
  /** Called after a commit that gave workers something to do. */
  wakeWorkers(): void;
  log: Log;
}

const postponeMs = 60_000;

/**
 * Looks after triggers that nobody calls, until the returned function is called. Every process of the platform may: a
 * trigger is claimed by a lock on its row and fires in that transaction, so nothing is remembered here, and it doesn't
 * matter who dies.
 */
export function startTriggerLoop(deps: DueDeps & { pollMs: number }): { stop(): Promise<void> } {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    let failing = false;
    while (!stop.signal.aborted) {
      try {
        await handleDue(deps, stop.signal);
        failing = false;
      } catch (error) {
        if (!failing) deps.log.warn({ err: error }, "Triggers can't be looked after; trying again");
        failing = true;
      }
      await delay(deps.pollMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Handles what is due now; resolves when nothing is any more, or it is to stop. */
export async function handleDue(deps: DueDeps, signal: AbortSignal = new AbortController().signal): Promise<void> {
  while (!signal.aborted && (await inTransaction(deps.pool, async (tx) => extendFreeze(tx, await deps.time(tx)))));
  while (!signal.aborted && (await handleOne(deps, signal)));
}

/** @returns false when nothing is due. */
async function handleOne(deps: DueDeps, signal: AbortSignal): Promise<boolean> {
  const kinds: TriggerSource["kind"][] = ["schedule", "run", ...(deps.lsRemote === null ? [] : ["git" as const])];
  const claimed: { trigger: TriggerRow | null } = { trigger: null };
  try {
    let fired = await inTransaction(deps.pool, async (tx) => {
      const now = await deps.time(tx);
      claimed.trigger = await claimDueTrigger(tx, kinds, now);
      return claimed.trigger !== null && fireClaimed(deps, tx, claimed.trigger, now);
    });
    if (claimed.trigger?.source.kind === "git") fired = await lookAtGit(deps, claimed.trigger, signal);
    if (fired) deps.wakeWorkers();
  } catch (err) {
    if (claimed.trigger === null) throw err;
    const { id } = claimed.trigger;
    deps.log.error({ err, trigger: id }, "A trigger could not be handled; it is tried again in a minute");
    await postponeTrigger(deps.pool, id, (await deps.time(deps.pool)) + postponeMs);
  }
  return claimed.trigger !== null;
}

async function fireClaimed(deps: DueDeps, db: Queryable, trigger: TriggerRow, now: number): Promise<boolean> {
  const { source } = trigger;
  switch (source.kind) {
    case "schedule":
      return fireSchedule(deps, db, trigger, now);
    case "run":
      return fireRunEnds(deps, db, trigger, now);
    case "git":
      await postponeTrigger(db, trigger.id, leaseUntil(source, now));
      return false;
    case "webhook":
      throw new Error(`Trigger ${trigger.id} is never due: it is called.`);
    default:
      return source satisfies never;
  }
}

/** Outside of any transaction, as it takes as long as the repository's server likes. */
async function lookAtGit(deps: DueDeps, { id, source }: TriggerRow, signal: AbortSignal): Promise<boolean> {
  if (source.kind !== "git" || deps.lsRemote === null) return false;
  const found = await deps.lsRemote(source, signal);
  if (signal.aborted) return false;
  return inTransaction(deps.pool, async (tx) => fireCommit(deps, tx, id, found, await deps.time(tx)));
}

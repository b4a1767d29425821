import type { TriggerSource } from "@gantry/sdk/api";
import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import type { Queryable } from "../store/queryable.ts";
import { inTransaction } from "../store/transaction.ts";
import { claimDueTrigger, postponeTrigger } from "../store/triggers.ts";
import type { FireDeps } from "./fire.ts";
import { fireSchedule } from "./schedule.ts";

export interface DueDeps extends FireDeps {
  /** Of role gantry_engine: the triggers of all organizations are looked after together. */
  pool: Pool;
  /** Unix milliseconds by the database's clock. */
  time(db: Queryable): Promise<number>;
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
      await pause(deps.pollMs, stop.signal);
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
export async function handleDue(deps: DueDeps, signal?: AbortSignal): Promise<void> {
  while (signal?.aborted !== true && (await handleOne(deps)));
}

/** @returns false when nothing is due. */
async function handleOne(deps: DueDeps): Promise<boolean> {
  const kinds: TriggerSource["kind"][] = ["schedule"];
  let claimed: string | null = null;
  try {
    const fired = await inTransaction(deps.pool, async (tx) => {
      const now = await deps.time(tx);
      const trigger = await claimDueTrigger(tx, kinds, now);
      if (trigger === null) return false;
      claimed = trigger.id;
      return fireSchedule(deps, tx, trigger, now);
    });
    if (fired) deps.wakeWorkers();
  } catch (error) {
    if (claimed === null) throw error;
    deps.log.error({ err: error, trigger: claimed }, "A trigger could not be handled; it is tried again in a minute");
    await postponeTrigger(deps.pool, claimed, (await deps.time(deps.pool)) + postponeMs);
  }
  return claimed !== null;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, signal.aborted ? 0 : ms);
    signal.addEventListener("abort", end, { once: true });
  });
}

import { engineVersions } from "@gantry/sdk/core";
import type { Log } from "../lib/log.ts";
import { crashPoint } from "../lib/crash-points.ts";
import { claimRuns, worstSuspect, type ClaimedRun, type ClaimRequest } from "../store/journal/claims.ts";
import type { Queryable } from "../store/queryable.ts";
import { markAlone } from "../store/journal/sessions.ts";
import type { OwnedRun } from "./owned-run.ts";

export interface ClaimerDeps {
  db: Queryable;
  pool: string;
  maxRuns: number;
  runs: ReadonlyMap<string, OwnedRun>;
  runningAttempts(): number;
  now(): number;
  /** Loads them and sets them going; never rejects. */
  takeUp(session: string, claimed: readonly ClaimedRun[]): Promise<void>;
  log: Log;
}

export interface Claimer {
  /** Claims what there is room for; resolves when nothing more is due. */
  claim(session: string): Promise<void>;
  /** True when the last look ended for want of room: more is due. */
  isShort(): boolean;
}

/** Small, so that the first of many are under way while the next are claimed and loaded. */
const batch = 50;
/** Suspects claimed together after one, two and three crashes; after more a run is claimed alone. */
const groups = [32, 8, 2];
const smallest = 2;
const innocent = [0, 0] as const;
/** Those that are claimed in groups, and those that are claimed alone. */
const inGroups = [1, groups.length] as const;
const onlyAlone = [groups.length + 1, 2 ** 31 - 1] as const;
/** How long others wait for a suspect to get the worker for itself, and how long it then waits for the next chance. */
const aloneWaitMs = 30_000;
const alonePauseMs = 60_000;

/**
 * Finds work. When a worker dies, all runs it had in flight are suspects: they are claimed in groups that shrink with
 * each crash, so that one poisonous run takes fewer and fewer others down with it, and at last only itself. One death
 * alone proves nothing, since workers are killed for other reasons too: it is claimed alone again, and put aside only when
 * it got no further and its worker died once more.
 */
export function createClaimer(deps: ClaimerDeps): Claimer {
  let alone: string | null = null;
  let waitingSince: number | null = null;
  let pausedUntil = 0;
  let short = false;

  const take = async (session: string, limit: number, crashes: ClaimRequest["crashes"]): Promise<ClaimedRun[]> => {
    const claimed = await claimRuns(deps.db, {
      session,
      pool: deps.pool,
      engineVersions,
      limit,
      crashes,
    });
    if (claimed.length > 0) crashPoint("after-claim");
    return claimed;
  };
  const claimAlone = async (session: string): Promise<void> => {
    const [claimed] = await take(session, 1, onlyAlone);
    waitingSince = null;
    if (!claimed) return;
    alone = claimed.id;
    // Before anything of it happens: if the worker dies now, it is known of what.
    await markAlone(deps.db, session, claimed.id);
    await deps.takeUp(session, [claimed]);
  };
  /** True when this worker keeps clear for a suspect. */
  const handleSuspects = async (session: string): Promise<boolean> => {
    if (alone !== null) {
      if ((deps.runs.get(alone)?.crashes ?? 0) > 0) return true;
      alone = null;
      await markAlone(deps.db, session, null);
    }
    if ([...deps.runs.values()].some((run) => run.crashes > 0)) return false;
    const worst = await worstSuspect(deps.db, deps.pool);
    if (worst === null) {
      waitingSince = null;
      return false;
    }
    const group = groups[worst - 1];
    // While the worst has to wait for a worker of its own, the others needn't.
    if (group !== undefined || deps.now() < pausedUntil) {
      await deps.takeUp(session, await take(session, group ?? smallest, inGroups));
      return false;
    }
    if (deps.runs.size === 0 && deps.runningAttempts() === 0) {
      await claimAlone(session);
      return alone !== null;
    }
    waitingSince ??= deps.now();
    if (deps.now() - waitingSince < aloneWaitMs) return true;
    waitingSince = null;
    pausedUntil = deps.now() + alonePauseMs;
    return false;
  };

  return {
    claim: async (session) => {
      if (await handleSuspects(session)) return;
      const loads: Promise<void>[] = [];
      let loading = 0;
      for (;;) {
        const limit = Math.min(batch, deps.maxRuns - deps.runs.size - loading);
        short = limit <= 0;
        if (short) break;
        const claimed = await take(session, limit, innocent);
        loading += claimed.length;
        loads.push(deps.takeUp(session, claimed).finally(() => (loading -= claimed.length)));
        if (claimed.length < limit) break;
      }
      await Promise.all(loads);
    },
    isShort: () => short,
  };
}

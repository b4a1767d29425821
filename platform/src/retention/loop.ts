import { repeat } from "../lib/repeat.ts";
import { forgetOldMcpAttempts } from "../store/agents/mcp-sign-ins.ts";
import {
  forgetMessagesToNobody,
  holdLease,
  listOldRuns,
  organizationRules,
  releaseLease,
  type OldRun,
} from "../store/records/retention.ts";
import { takeDailySweep } from "../store/records/unused-content.ts";
import { dropEmptyMonths, makeMonths } from "./months.ts";
import { purgeKinds } from "./purge-kind.ts";
import { purgeUnit, type PurgeDeps } from "./purge-unit.ts";
import { sweepUnused } from "./sweep.ts";

export interface RetentionDeps extends PurgeDeps {
  /** For organizations that set nothing; null: for ever. */
  keepDays: number | null;
  /** Of this process. */
  holder: string;
  everyMs: number;
}

const leaseMs = 10 * 60_000;
const page = 100;

/** Looks after retention until it is stopped. Every process may: a lease lets one at a time. */
export function startRetention(deps: RetentionDeps): { stop(): Promise<void> } {
  return repeat((signal) => enforceRetention(deps, signal), {
    ...deps,
    failure: "What is old can't be removed; trying again later",
  });
}

/** One look at all organizations. @returns how many runs were purged. */
export async function enforceRetention(deps: RetentionDeps, signal?: AbortSignal): Promise<number> {
  if (!(await holdLease(deps.pool, deps.holder, leaseMs))) return 0;
  let purged = 0;
  const goOn = async () => signal?.aborted !== true && (await holdLease(deps.pool, deps.holder, leaseMs));
  try {
    await makeMonths(deps);
    for (const rule of await organizationRules(deps.pool, deps.keepDays)) {
      for (let after: OldRun | null = null; ;) {
        const old: OldRun[] = await listOldRuns(deps.pool, rule, after, page);
        for (const { id } of old) {
          if (!(await goOn())) return purged;
          purged += await purgeUnit(deps, rule, id);
        }
        after = old.at(-1) ?? null;
        if (old.length < page) break;
      }
    }
    await purgeKinds(deps, goOn);
    await dropEmptyMonths(deps);
    await forgetMessagesToNobody(deps.pool);
    await forgetOldMcpAttempts(deps.pool);
    if (await takeDailySweep(deps.pool)) await sweepUnused(deps);
    return purged;
  } finally {
    await releaseLease(deps.pool, deps.holder);
  }
}

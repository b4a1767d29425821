import type { FreezeTimes } from "@gantry/sdk/api";
import { claimShortFreeze, setWindows, type FreezeWindow } from "../store/control/freezes.ts";
import type { Queryable } from "../store/queryable.ts";
import { parseCron } from "./cron.ts";
import { TriggerInvalidError } from "./errors.ts";

const maximumWindows = 200;
const aheadMs = 400 * 24 * 3_600_000;
/** Windows are worked out again before less than this is known ahead. */
const reserveMs = 3_600_000;

/**
 * The windows of a freeze that are open or to come. Those of a recurring one are worked out for a while; after them stands
 * one without an end, so that a freeze whose windows nobody worked out in time freezes rather than not.
 *
 * @throws TriggerInvalidError for times that no window can have.
 */
export function windowsOf(times: FreezeTimes, now: number): FreezeWindow[] {
  if (times.kind === "once") {
    const from = Date.parse(times.from);
    const to = times.until === null ? null : Date.parse(times.until);
    if (to !== null && (to <= from || to <= now))
      throw new TriggerInvalidError("The freeze", "it is over before it begins");
    return [{ from, to }];
  }
  const { cron, timeZone, durationMs } = times;
  const due = parseCron(cron, timeZone);
  const windows: FreezeWindow[] = [];
  let from = due.after(now - durationMs);
  while (from !== null && from < now + aheadMs && windows.length < maximumWindows) {
    windows.push({ from, to: from + durationMs });
    from = due.after(from);
  }
  return from === null ? windows : [...windows, { from, to: null }];
}

/** Works out further windows of a freeze that will need some. @returns false when none does. */
export async function extendFreeze(db: Queryable, now: number): Promise<boolean> {
  const freeze = await claimShortFreeze(db, now + reserveMs);
  if (freeze === null) return false;
  const { cron, timeZone, durationMs } = freeze;
  if (cron === null || timeZone === null || durationMs === null) throw new Error(`Freeze ${freeze.id} doesn't recur.`);
  await setWindows(db, freeze.id, windowsOf({ kind: "recurring", cron, timeZone, durationMs }, now));
  return true;
}

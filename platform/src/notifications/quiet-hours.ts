import type { QuietHours } from "@gantry/sdk/api";
import { Cron } from "croner";

/**
 * How long a notice of `kind` must still wait for the end of the quiet hours; 0 when it may go. Both ends are times of
 * the wall clock in that zone, so the hours stay what people mean by them when clocks are changed.
 */
export function quietFor(hours: QuietHours | null, kind: string, now: number): number {
  if (hours === null || hours.breakThrough.some((one) => one === kind || one === "*")) return 0;
  const time = timeOfDay(now, hours.timeZone);
  const { from, to } = hours;
  // From 22:00 to 07:00 goes over midnight.
  const quiet = from <= to ? time >= from && time < to : time >= from || time < to;
  if (!quiet) return 0;
  const [hour = "0", minute = "0"] = to.split(":");
  const end = new Cron(`0 ${Number(minute)} ${Number(hour)} * * *`, { timezone: hours.timeZone }).nextRun(
    new Date(now),
  );
  return end === null ? 0 : Math.max(1, end.getTime() - now);
}

function timeOfDay(now: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    now,
  );
}

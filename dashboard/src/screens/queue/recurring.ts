import type { FreezeTimes } from "@gantry/sdk/api";

/** A window that comes again: on these days, from a time on, for some hours. */
export interface Recurring {
  /** 0 is Sunday, as cron counts. */
  days: readonly number[];
  /** `18:00`. */
  time: string;
  hours: string;
  timeZone: string;
}

/** From Friday evening until Monday morning, where the person is. */
export function weekend(): Recurring {
  return { days: [5], time: "18:00", hours: "62", timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

export function isWhole({ days, time, hours }: Recurring): boolean {
  return days.length > 0 && /^([01]\d|2[0-3]):[0-5]\d$/.test(time) && Number(hours) > 0 && Number(hours) <= 744;
}

export function timesOf(recurring: Recurring): Extract<FreezeTimes, { kind: "recurring" }> {
  const { timeZone, hours } = recurring;
  return { kind: "recurring", cron: cronOf(recurring), timeZone, durationMs: Math.round(Number(hours) * 3_600_000) };
}

/** The same as options of the command line. */
export function optionsOf(recurring: Recurring): Record<string, string> {
  const { timeZone, hours } = recurring;
  return { cron: cronOf(recurring), for: `${hours}h`, "time-zone": timeZone };
}

function cronOf({ days, time }: Recurring): string {
  const [hour = "0", minute = "0"] = time.split(":");
  return `${Number(minute)} ${Number(hour)} * * ${days.join(",")}`;
}

import { expect, test } from "vitest";
import { isWhole, optionsOf, timesOf } from "./recurring.ts";

const nights = { days: [1, 2], time: "22:05", hours: "8", timeZone: "Europe/Berlin" };

test("days, a time and hours become a cron expression with a length, and the command line says the same", () => {
  expect(timesOf(nights)).toEqual({
    kind: "recurring",
    cron: "5 22 * * 1,2",
    timeZone: "Europe/Berlin",
    durationMs: 8 * 3_600_000,
  });
  expect(optionsOf(nights)).toEqual({ cron: "5 22 * * 1,2", for: "8h", "time-zone": "Europe/Berlin" });
});

test("a window that comes again needs days, a time of the day and a length up to a month", () => {
  expect(isWhole(nights)).toBe(true);
  for (const missing of [{ days: [] }, { time: "24:00" }, { time: "" }, { hours: "0" }, { hours: "745" }])
    expect(isWhole({ ...nights, ...missing })).toBe(false);
});

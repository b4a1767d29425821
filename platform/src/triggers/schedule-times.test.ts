import type { ScheduleSource } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { parseCron } from "./cron.ts";
import { dueAt, dueTimes } from "./schedule-times.ts";

const minute = 60_000;
const source = (rest: Partial<ScheduleSource> = {}): ScheduleSource => ({
  kind: "schedule",
  cron: "*/10 * * * *",
  timeZone: "UTC",
  missed: "once",
  missedLimit: 2,
  jitterMs: 0,
  ...rest,
});
const start = Date.parse("2026-05-04T10:00:00Z");
const due = (of: ScheduleSource, now: number) => {
  const { fire, missed, next } = dueTimes("t", of, parseCron(of.cron, of.timeZone), start, now);
  const at = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  return { fire: fire.map(at), missed: missed?.count ?? 0, next: next === null ? null : at(next) };
};

test("a time that has come fires, and not before", () => {
  expect(due(source(), start - 1)).toEqual({ fire: [], missed: 0, next: "10:00" });
  expect(due(source(), start)).toEqual({ fire: ["10:00"], missed: 0, next: "10:10" });
});

test("what was missed is skipped, made up for once, or made up for up to the limit, as the policy says", () => {
  const late = start + 35 * minute;
  expect(due(source({ missed: "skip" }), late)).toEqual({ fire: [], missed: 4, next: "10:40" });
  expect(due(source({ missed: "once" }), late)).toEqual({ fire: ["10:30"], missed: 3, next: "10:40" });
  expect(due(source({ missed: "all" }), late)).toEqual({ fire: ["10:20", "10:30"], missed: 2, next: "10:40" });
  expect(due(source({ missed: "all", missedLimit: 10 }), late).fire).toHaveLength(4);
});

test("a time within the last minute is on time whatever the policy", () => {
  expect(due(source({ missed: "skip" }), start + 30 * minute + 5_000)).toEqual({
    fire: ["10:30"],
    missed: 3,
    next: "10:40",
  });
});

test("jitter delays each time by less than its limit, the same whoever works it out, and not all alike", () => {
  const of = source({ jitterMs: 5 * minute });
  const delays = Array.from({ length: 50 }, (_, n) => dueAt("t", of, start + n * minute) - (start + n * minute));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(5 * minute);
  expect(new Set(delays).size).toBeGreaterThan(40);
  expect(dueAt("t", of, start)).toBe(dueAt("t", of, start));
  expect(dueAt("other", of, start)).not.toBe(dueAt("t", of, start));
  const when = dueAt("t", of, start);
  expect(due(of, when - 1).fire).toEqual([]);
  expect(due(of, when)).toMatchObject({ fire: ["10:00"], next: "10:10" });
});

test("a local time that summer time leaves out comes an hour later, and one that comes twice counts once", () => {
  const cron = parseCron("30 2 * * *", "Europe/Berlin");
  const days = (from: string, to: string) =>
    cron.between(Date.parse(from), Date.parse(to), 10).times.map((time) => new Date(time).toISOString());
  expect(days("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z")).toEqual([
    "2026-03-29T01:30:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  expect(days("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")).toEqual([
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
});

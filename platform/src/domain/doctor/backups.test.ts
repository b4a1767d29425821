import type { BackupsView } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { backupChecks } from "./backups.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
const backup = (hours: number, error: { code: string; message: string } | null = null) => ({
  id: "0198c2f4-6a1b-7000-8000-000000000000",
  file: "/mnt/backups/one.gantry-backup",
  scheduled: true,
  startedAt: hoursAgo(hours),
  takenAt: error === null ? hoursAgo(hours) : null,
  finishedAt: hoursAgo(hours),
  bytes: 1,
  rows: 1,
  blobs: 0,
  error,
});
const schedule = { folder: "/mnt/backups", everyHours: 24, keep: 14, keepDays: 0 };
const statuses = (view: BackupsView) => backupChecks(view, now).map(({ status }) => status);
const drill = (days: number, error: { code: string; message: string } | null = null) => ({
  backup: "0198c2f4-6a1b-7000-8000-000000000000",
  takenAt: hoursAgo(days * 24),
  at: hoursAgo(days * 24),
  error,
});

test("a backup that is missing or late by the schedule fails, and one that nobody scheduled is only told", () => {
  expect(statuses({ schedule: null, last: null, drill: null, recent: [] })).toEqual(["missing", "missing"]);
  expect(statuses({ schedule, last: null, drill: drill(1), recent: [] })).toEqual(["broken", "ok"]);
  const last = backup(47);
  expect(statuses({ schedule, last, drill: drill(1), recent: [last] })).toEqual(["ok", "ok"]);
  expect(statuses({ schedule, last: backup(49), drill: drill(91), recent: [] })).toEqual(["broken", "missing"]);
});

test("the last failure is told beside the last whole backup, and a failed drill fails", () => {
  const failure = { code: "backup_not_written", message: "The disk is full." };
  const view = { schedule, last: backup(20), drill: drill(2, failure), recent: [backup(1, failure), backup(20)] };
  expect(statuses(view)).toEqual(["missing", "broken"]);
  expect(backupChecks(view, now)[0]?.text).toContain("The disk is full.");
});

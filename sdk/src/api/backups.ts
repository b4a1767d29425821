import { z } from "zod";
import { Actor } from "../events.ts";
import { Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

const Problem = z.object({ code: z.string(), message: z.string() });

export const BackupView = z.object({
  id: Uuid,
  file: z.string(),
  scheduled: z.boolean(),
  startedAt: Timestamp,
  /** The moment that it holds; null where it failed before. */
  takenAt: Timestamp.nullable(),
  finishedAt: Timestamp,
  bytes: z.int().nullable(),
  rows: z.int().nullable(),
  blobs: z.int().nullable(),
  error: Problem.nullable(),
});
export type BackupView = z.infer<typeof BackupView>;

export const BackupsView = z.object({
  /** How the server backs up by itself; null: it doesn't. */
  schedule: z.object({ folder: z.string(), everyHours: z.int(), keep: z.int(), keepDays: z.int() }).nullable(),
  /** The newest that is whole. */
  last: BackupView.nullable(),
  /** The newest restore that was tried out and compared. */
  drill: z.object({ backup: Uuid, takenAt: Timestamp, at: Timestamp, error: Problem.nullable() }).nullable(),
  /** Newest first, failed ones among them. */
  recent: z.array(BackupView),
});
export type BackupsView = z.infer<typeof BackupsView>;

export const RestoreView = z.object({
  /** Null: this database was never restored. */
  restored: z
    .object({
      backup: Uuid,
      takenAt: Timestamp,
      restoredAt: Timestamp,
      release: z.string(),
      /** Null: nothing starts yet but inspections. */
      resumedAt: Timestamp.nullable(),
      resumedBy: Actor.nullable(),
      /** Attempts that had begun and not ended when the backup was taken. */
      attempts: z.array(
        z.object({
          run: Uuid,
          goal: z.string(),
          step: z.string(),
          operation: z.string(),
          /** `open`: nobody looked yet; `unclear`: inspecting couldn't tell, a person must. */
          outcome: z.enum(["done", "not_done", "failed", "unclear", "open"]),
        }),
      ),
      /** Runs that hadn't ended then and haven't now. What they did since the backup isn't known here. */
      runs: z.array(z.object({ run: Uuid, goal: z.string(), environment: z.string(), status: z.string() })),
    })
    .nullable(),
});
export type RestoreView = z.infer<typeof RestoreView>;

const scope = "admin:everywhere";

export const backups = {
  list: endpoint({
    id: "backups.list",
    method: "GET",
    path: "/backups",
    summary: "How this installation is backed up, the last backups, and the last restore that was tried out.",
    scope,
    answer: BackupsView,
  }),
} as const;

export const restore = {
  get: endpoint({
    id: "restore.get",
    method: "GET",
    path: "/restore",
    summary: "The last restore of this installation, and what became of what was under way.",
    scope,
    answer: RestoreView,
  }),
  resume: endpoint({
    id: "restore.resume",
    method: "POST",
    path: "/restore/resume",
    summary: "Let work go on after a restore.",
    scope,
    answer: RestoreView,
  }),
} as const;

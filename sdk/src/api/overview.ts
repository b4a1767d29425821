import { z } from "zod";
import { FinalStatus } from "../events.ts";
import { Name, Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Workers at one network place, and the caller's runs that are due there. */
export const PoolHealth = z.object({
  pool: z.string(),
  /** Alive; those that take nothing more among them. */
  workers: z.int(),
  draining: z.int(),
  /** They stopped beating without signing off. */
  lost: z.int(),
  /** Steps that those which take work carry out at once. */
  capacity: z.int(),
  /** Runs in the hands of workers. */
  running: z.int(),
  /** Runs that wait for a worker, and since when the first of them does. */
  due: z.int(),
  oldestDueAt: Timestamp.nullable(),
});
export type PoolHealth = z.infer<typeof PoolHealth>;

/** A day in UTC, by when runs ended. Dry runs aren't counted. */
export const TrendDay = z.object({
  day: z.iso.date(),
  /** Runs by their end. */
  ends: z.partialRecord(FinalStatus, z.int()),
  /** Of those that people or policy didn't stop and nobody took back, the part that succeeded; null: there was none. */
  successRate: z.number().nullable(),
  /** Had succeeded, and were undone because somebody asked for it: neither success nor failure. */
  takenBack: z.int(),
  /** Of those, from being asked for to the end: half and 95 % took at most this long. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});
export type TrendDay = z.infer<typeof TrendDay>;

export const OverviewView = z.object({
  /** The server's clock. */
  at: Timestamp,
  pools: z.array(PoolHealth),
  /** Transactions that readers of events wait for. */
  feedLag: z.number(),
  /** The newest that is whole: what moment it holds. `late`: there is a schedule, and none for twice its interval. */
  backup: z.object({ takenAt: Timestamp.nullable(), scheduled: z.boolean(), late: z.boolean() }),
  /** The restore that was tried out last; null: none was. */
  drill: z.object({ at: Timestamp, failed: z.boolean() }).nullable(),
  /** Oldest first, without gaps; today is the last. Runs that were purged are missing. */
  days: z.array(TrendDay),
});
export type OverviewView = z.infer<typeof OverviewView>;

export const overview = {
  get: endpoint({
    id: "overview.get",
    method: "GET",
    path: "/overview",
    summary: "How the platform does (line, workers, backups), and how runs ended day by day.",
    scope: "read",
    resource: { kind: "anywhere" },
    query: z.object({
      project: Name.optional(),
      environment: Name.optional(),
      days: z.coerce.number().int().min(1).max(90).default(14),
    }),
    answer: OverviewView,
  }),
} as const;

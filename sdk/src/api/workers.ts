import { z } from "zod";
import { Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** A program that agents drive, or the sandbox around them, as a worker found it on its host when it started. */
export const HostTool = z.object({
  name: z.enum(["git", "bubblewrap", "terraform"]),
  /** In the program's own words; null when it can't be used. */
  version: z.string().nullable(),
  /** Why it can't be used. */
  problem: z.string().nullable(),
});
export type HostTool = z.infer<typeof HostTool>;

export const WorkerView = z.object({
  id: Uuid,
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  pool: z.string(),
  capacity: z.int(),
  agents: z.array(z.object({ name: z.string(), version: z.string() })),
  /** Empty from one of an earlier release. */
  tools: z.array(HostTool),
  state: z.enum(["active", "draining", "stopped", "dead"]),
  startedAt: Timestamp,
  /** Its latest heartbeat. */
  beatAt: Timestamp,
  /** False when the heartbeat is older than the worker's lease. */
  alive: z.boolean(),
  /** Since when it takes nothing more because somebody said so. */
  drainedAt: Timestamp.nullable(),
  /** Runs that it has in hand, of all organizations. */
  runs: z.int(),
});
export type WorkerView = z.infer<typeof WorkerView>;

const WorkerParams = z.object({ worker: Uuid });

export const workers = {
  list: endpoint({
    id: "workers.list",
    method: "GET",
    path: "/workers",
    summary: "Workers of the last day, newest first.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(WorkerView),
  }),
  drain: endpoint({
    id: "workers.drain",
    method: "POST",
    path: "/workers/:worker/drain",
    summary: "Let a worker finish the steps that run, hand its runs to others and take nothing more. It lives on.",
    scope: "admin:everywhere",
    params: WorkerParams,
    answer: WorkerView,
  }),
  resume: endpoint({
    id: "workers.resume",
    method: "POST",
    path: "/workers/:worker/resume",
    summary: "Let a drained worker work again.",
    scope: "admin:everywhere",
    params: WorkerParams,
    answer: WorkerView,
  }),
} as const;

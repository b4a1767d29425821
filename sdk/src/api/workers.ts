import { z } from "zod";
import { Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const WorkerView = z.object({
  id: Uuid,
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  pool: z.string(),
  capacity: z.int(),
  agents: z.array(z.object({ name: z.string(), version: z.string() })),
  state: z.enum(["active", "draining", "stopped", "dead"]),
  startedAt: Timestamp,
  /** Its latest heartbeat. */
  beatAt: Timestamp,
  /** False when the heartbeat is older than the worker's lease. */
  alive: z.boolean(),
});
export type WorkerView = z.infer<typeof WorkerView>;

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
} as const;

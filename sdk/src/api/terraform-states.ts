import { z } from "zod";
import { Name, Page, Reason, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What Terraform says of a lock, with its own field names. */
export const LockInfo = z
  .object({
    ID: z.string().min(1).max(200),
    Operation: z.string().max(200).default(""),
    Info: z.string().max(2_000).default(""),
    Who: z.string().max(500).default(""),
    Version: z.string().max(100).default(""),
    Created: z.string().max(100).default(""),
    Path: z.string().max(1_000).default(""),
  })
  .loose();
export type LockInfo = z.infer<typeof LockInfo>;

export const StateLock = z.object({
  info: LockInfo,
  since: Timestamp,
  run: z.string().nullable(),
  attempt: z.string().nullable(),
});
export type StateLock = z.infer<typeof StateLock>;

export const StateView = z.object({
  project: z.string(),
  environment: z.string(),
  name: z.string(),
  /** Number of the newest version; 0 while there is none. */
  version: z.int(),
  serial: z.int().nullable(),
  lineage: z.string().nullable(),
  bytes: z.int(),
  updatedAt: Timestamp,
  lock: StateLock.nullable(),
});
export type StateView = z.infer<typeof StateView>;

export const StateVersionView = z.object({
  version: z.int(),
  serial: z.int().nullable(),
  lineage: z.string().nullable(),
  bytes: z.int(),
  createdAt: Timestamp,
  actor: z.string(),
  run: z.string().nullable(),
  /** The lock under which it was written. */
  lockId: z.string().nullable(),
  /** The version that it brought back. */
  restoredFrom: z.int().nullable(),
  /** True for the version that stands for a deleted state. */
  deleted: z.boolean(),
});
export type StateVersionView = z.infer<typeof StateVersionView>;

const params = z.object({
  /** Name or id. */
  project: z.union([Name, Uuid]),
  environment: Name,
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/),
});
export const StateParams = params;
const path = "/states/:project/:environment/:name";

/** Managing states. Terraform itself speaks to `/api/v1/state/…` by its HTTP backend's protocol. */
export const states = {
  list: endpoint({
    id: "states.list",
    method: "GET",
    path: "/states",
    summary: "Terraform states, with who holds their locks.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(StateView),
  }),
  versions: endpoint({
    id: "states.versions",
    method: "GET",
    path: `${path}/versions`,
    summary: "Versions of a state, newest first.",
    scope: "read",
    resource: { kind: "place", in: "params" },
    params,
    answer: Page(StateVersionView),
  }),
  restore: endpoint({
    id: "states.restore",
    method: "POST",
    path: `${path}/restore`,
    summary: "Make an old version the newest again. Refused while the state is locked.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params,
    body: z.object({ version: z.int().min(1), reason: Reason }),
    answer: StateVersionView,
  }),
  unlock: endpoint({
    id: "states.unlock",
    method: "POST",
    path: `${path}/unlock`,
    summary: "Take a lock away from whoever holds it. Look first whether its holder still works.",
    scope: "admin",
    resource: { kind: "place", in: "params" },
    params,
    body: z.object({ lock: z.string().min(1).max(200), reason: Reason }),
    answer: StateView,
  }),
} as const;

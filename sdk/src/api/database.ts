import { z } from "zod";
import { endpoint } from "./endpoint.ts";

/** What decides whether the database keeps what it acknowledged. Never its address, its users or their passwords. */
export const DatabaseView = z.object({
  /** Gantry's own server, not one that the configuration names. */
  embedded: z.boolean(),
  /** As the server says it, e.g. 18.4. */
  version: z.string(),
  /** Whether Gantry works with this version. */
  supported: z.boolean(),
  /** A replica: nothing can be written. */
  readOnly: z.boolean(),
  fsync: z.string(),
  fullPageWrites: z.string(),
  /** As sessions of the engine have it. */
  synchronousCommit: z.string(),
  /** Sessions share the server's connections, so NOTIFY wakes nobody. */
  transactionPooler: z.boolean(),
  /** Whether a commit is acknowledged only once a standby has it too. */
  waitsForStandby: z.boolean(),
  /** Of the embedded server's directory. */
  disk: z.object({ freeBytes: z.int(), totalBytes: z.int() }).nullable(),
});
export type DatabaseView = z.infer<typeof DatabaseView>;

export const database = {
  get: endpoint({
    id: "database.get",
    method: "GET",
    path: "/database",
    summary: "The database's version, and whether its settings keep what it acknowledged.",
    scope: "admin",
    answer: DatabaseView,
  }),
} as const;

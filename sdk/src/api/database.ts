import { z } from "zod";
import { endpoint } from "./endpoint.ts";

/** What decides whether the database keeps what it acknowledged, and how it keeps the journal. Never its address, its users or their passwords. */
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
  /** What would let one organization see another: roles, owners and policies that aren't as they must be. */
  isolation: z.array(z.string()),
  /** Of the embedded server's directory. */
  disk: z.object({ freeBytes: z.int(), totalBytes: z.int() }).nullable(),
  /** The journal of all organizations, which is kept in partitions by the month in which a run was created. */
  journal: z.object({
    partitions: z.int(),
    /** With indexes. */
    bytes: z.int(),
    /** The first month, e.g. 2026-11; null: from the beginning. */
    since: z.string().nullable(),
    /** The month before which partitions end. */
    until: z.string(),
    /** Events of runs that fit into no month, counted to a thousand: a clock is wrong, or months weren't made ahead. */
    strays: z.int(),
  }),
});
export type DatabaseView = z.infer<typeof DatabaseView>;

export const database = {
  get: endpoint({
    id: "database.get",
    method: "GET",
    path: "/database",
    summary: "The database's version, whether its settings keep what it acknowledged, and how it keeps the journal.",
    scope: "admin",
    answer: DatabaseView,
  }),
} as const;

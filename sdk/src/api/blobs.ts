import { z } from "zod";
import { endpoint } from "./endpoint.ts";

const Problem = z.object({ code: z.string(), message: z.string() });

/** Where contents are kept: logs, previews, artifacts, working directories. Never a credential. */
export const BlobsView = z.object({
  /** What is written goes there. */
  store: z.enum(["files", "postgres", "s3"]),
  /** The bucket and its store, where there is one. */
  place: z.string().nullable(),
  /** Why the bucket can't be used right now; null when writing, reading, listing and deleting just worked. */
  problem: Problem.nullable(),
  /** What the bucket does by itself; null without a bucket. */
  lifecycle: z
    .object({
      /** Days after which it removes uploads that nobody completed; null: never. */
      abortsUploadsAfterDays: z.int().nullable(),
      /** Rules that delete, or move out of reach, what runs still need. */
      harmfulRules: z.array(z.string()),
      /** Why the rules can't be read. */
      problem: Problem.nullable(),
    })
    .nullable(),
});
export type BlobsView = z.infer<typeof BlobsView>;

export const BlobsMoved = z.object({
  moved: z.int(),
  /** Known, but their bytes are gone from where they were. */
  lost: z.int(),
  /** False: there are more; ask again. */
  done: z.boolean(),
});
export type BlobsMoved = z.infer<typeof BlobsMoved>;

const scope = "admin:everywhere";

export const blobs = {
  get: endpoint({
    id: "blobs.get",
    method: "GET",
    path: "/blobs",
    summary: "Where contents are kept, whether the bucket works, and what its lifecycle rules do.",
    scope,
    answer: BlobsView,
  }),
  move: endpoint({
    id: "blobs.move",
    method: "POST",
    path: "/blobs/move",
    summary:
      "Move contents to where new ones are written, for some seconds; each copy is read back before the original goes.",
    scope,
    answer: BlobsMoved,
  }),
  setLifecycle: endpoint({
    id: "blobs.setLifecycle",
    method: "PUT",
    path: "/blobs/lifecycle",
    summary: "Give the bucket Gantry's lifecycle rule; other rules stay.",
    scope,
    answer: BlobsView,
  }),
} as const;

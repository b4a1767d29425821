import { z } from "zod";

/** Of a file of this shape; a higher one is of a later release. */
export const backupFormat = 1;

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Stands before what is encrypted, to be read without the key; the key opens nothing if one byte of it is changed. */
export const Header = z.object({
  format: z.int(),
  id: z.uuid(),
  installation: z.uuid(),
  release: z.string(),
  takenAt: z.iso.datetime(),
  key: z.discriminatedUnion("kind", [
    z.object({ kind: z.enum(["platform", "file"]), id: z.string(), salt: z.base64() }),
    z.object({
      kind: z.literal("passphrase"),
      salt: z.base64(),
      // Bounded, or a hostile file would take all memory before anything of it is believed.
      cost: z
        .int()
        .min(2)
        .max(1 << 20),
      blockSize: z.int().min(1).max(8),
      parallel: z.int().min(1).max(4),
    }),
  ]),
});
export type Header = z.infer<typeof Header>;

export const TableEntry = z.object({
  kind: z.literal("table"),
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()).min(1),
});
export type TableEntry = z.infer<typeof TableEntry>;

export const BlobEntry = z.object({
  kind: z.literal("blob"),
  org: z.uuid(),
  id: z.uuid(),
  backend: z.enum(["files", "s3"]),
});
export type BlobEntry = z.infer<typeof BlobEntry>;

/** A dump by pg_dump, in the custom format. */
export const DumpEntry = z.object({ kind: z.literal("dump"), tool: z.string() });

export const Entry = z.discriminatedUnion("kind", [TableEntry, BlobEntry, DumpEntry]);
export type Entry = z.infer<typeof Entry>;

/** What an entry's content was: lines only of tables. */
export const EntryEnd = z.object({ sha256: Digest, bytes: z.int().min(0), rows: z.int().min(0) });
export type EntryEnd = z.infer<typeof EntryEnd>;

export const Migration = z.object({ id: z.int(), name: z.string(), sha256: z.string() });
export type Migration = z.infer<typeof Migration>;

export const Sequence = z.object({ schema: z.string(), name: z.string(), last: z.string().nullable() });
export type Sequence = z.infer<typeof Sequence>;

/** Comes last in the file, when everything is known. */
export const Manifest = z.object({
  id: z.uuid(),
  installation: z.uuid(),
  release: z.string(),
  engineVersion: z.int(),
  postgres: z.string(),
  takenAt: z.iso.datetime(),
  /** `xmax`: no row in it was written by this transaction, or one behind it. */
  position: z.object({ lsn: z.string(), xmax: z.string() }),
  migrations: z.array(Migration),
  tables: z.array(TableEntry.omit({ kind: true }).extend(EntryEnd.shape)),
  sequences: z.array(Sequence),
  blobs: z.object({
    mode: z.enum(["include", "reference"]),
    count: z.int(),
    bytes: z.int(),
    /** Of a line per blob: id, digest, bytes. */
    sha256: Digest,
    /** Listed, and without content when it was to be read. */
    missing: z.int(),
    /** Listed, and left where it is. */
    referenced: z.int(),
  }),
  dump: z.object({ tool: z.string() }).extend(EntryEnd.shape).nullable(),
  /** Of the platform key that its secrets need. */
  platformKey: z.string(),
  /** Runs that hadn't ended, and attempts that were under way. */
  live: z.object({ runs: z.int(), attempts: z.int() }),
});
export type Manifest = z.infer<typeof Manifest>;

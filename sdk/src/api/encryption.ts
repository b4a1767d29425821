import { z } from "zod";
import { Timestamp } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What encrypts an organization's content, how much is under which key, and what is being moved. No key is ever in it. */
export const EncryptionStatus = z.object({
  /** What encrypts the keys of organizations. */
  keyEncryption: z.object({
    source: z.enum(["file", "vault"]),
    /** `file:<id>`, or `vault:<mount>/<key>`. */
    name: z.string(),
    ok: z.boolean(),
    /** What is wrong and what to do; null while it can be used. */
    problem: z.string().nullable(),
  }),
  keys: z.array(
    z.object({
      version: z.int(),
      /** The key-encryption key that it is under. */
      under: z.string(),
      createdAt: Timestamp,
      /** Since when nothing uses it any more; what it opened can't be opened again. */
      retiredAt: Timestamp.nullable(),
      /** How many secrets, blobs, states and kept answers are under it. */
      uses: z.int(),
    }),
  ),
  /** Content under the installation's key, from before the organization had one. */
  withoutKey: z.int(),
  /** Re-encryption for the newest key: under way, or the last one; null when there was none. */
  move: z
    .object({
      target: z.int(),
      moved: z.int(),
      total: z.int().nullable(),
      startedAt: Timestamp,
      finishedAt: Timestamp.nullable(),
      /** Why it stands still; it is tried again. */
      failure: z.string().nullable(),
    })
    .nullable(),
});
export type EncryptionStatus = z.infer<typeof EncryptionStatus>;

export const encryption = {
  status: endpoint({
    id: "encryption.status",
    method: "GET",
    path: "/encryption",
    summary: "What encrypts the organization's content: keys, how much is under each, and re-encryption.",
    scope: "secrets",
    answer: EncryptionStatus,
  }),
  rotate: endpoint({
    id: "encryption.rotate",
    method: "POST",
    path: "/encryption/rotate",
    summary: "Make a new key of the organization, or a new key-encryption key; what exists is moved to it meanwhile.",
    scope: "secrets",
    body: z.object({
      /** `organization`: all content is re-encrypted. `key-encryption`: keys of organizations are, content isn't touched; it needs `admin:everywhere`. */
      key: z.enum(["organization", "key-encryption"]),
    }),
    answer: EncryptionStatus,
  }),
} as const;

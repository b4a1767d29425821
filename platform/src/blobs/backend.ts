import type { Queryable } from "../store/organization.ts";

/**
 * Where a blob store puts bytes. It sees ciphertext and opaque ids only; hashing, encryption, compression and the index
 * are the store's (store.ts). An id is written once.
 */
export interface BlobBackend {
  readonly kind: "files" | "postgres" | "s3";
  /**
   * Writes everything that `source` yields, or fails and leaves nothing readable. What it wrote is durable once
   * `complete` has run in the transaction that indexes it and that transaction has committed.
   */
  write(org: string, id: string, source: AsyncIterable<Uint8Array>): Promise<PendingBlob>;
  /** @throws NotInBackendError when nothing is kept under that id. */
  read(org: string, id: string): AsyncIterable<Uint8Array>;
  /**
   * What was last written before that time, parts of writes that never ended too; what is indexed may be left out, and
   * what can't become readable any more may be removed right here.
   */
  writtenBefore(time: Date): AsyncIterable<{ org: string; id: string }>;
  /** Removes what is kept under those ids, if anything. */
  remove(org: string, ids: readonly string[]): Promise<void>;
}

export interface PendingBlob {
  storedBytes: number;
  complete(tx: Queryable): Promise<void>;
}

/** Thrown by backends only; the store turns it into `blob_unreachable`, naming the digest. */
export class NotInBackendError extends Error {}

import { createHash, randomUUID } from "node:crypto";
import type { Digest } from "@gantry/sdk";
import type { Pool } from "pg";
import { blobBinding } from "../secrets/bindings.ts";
import { newDataKey, openStream, sealStream } from "../secrets/envelope.ts";
import type { OrganizationKeys } from "../secrets/index.ts";
import { inOrganization } from "../store/organization.ts";
import { NotInBackendError, type BlobBackend } from "./backend.ts";
import { decode, encode, type Encoding } from "./encoding.ts";
import { BlobNotFoundError, BlobUnreachableError } from "./errors.ts";

export interface BlobInfo {
  /** Of the content itself, before compression and encryption. */
  digest: Digest;
  /** Size of the content. */
  bytes: number;
}

/** Content by its digest, per organization, encrypted at rest. What several references share, one `delete` deletes. */
export interface BlobStore {
  /** Durable when it resolves. Content that is already there is kept once. */
  put(
    org: string,
    source: Uint8Array | AsyncIterable<Uint8Array>,
    options: { purpose: string; contentType?: string },
  ): Promise<BlobInfo>;
  /**
   * The content. Act on it only after the iteration ended without an error: that the end is the real end shows there.
   *
   * @throws BlobNotFoundError, BlobUnreachableError, CiphertextRejectedError while iterating.
   */
  get(org: string, digest: Digest): AsyncIterable<Uint8Array>;
  has(org: string, digest: Digest): Promise<boolean>;
  /** @returns whether there was one. Its key goes first, so copies in backups of files become unreadable too. */
  delete(org: string, digest: Digest): Promise<boolean>;
  /**
   * The same for many, in few requests; with a time only those that nobody has stored (again) since.
   * @returns how many there were.
   */
  deleteMany(org: string, digests: readonly Digest[], unusedSince?: Date): Promise<number>;
}

interface BlobRow {
  id: string;
  backend: BlobBackend["kind"];
  encoding: Encoding;
  wrapped_key: Buffer;
  bytes: string;
}

/**
 * A blob store that writes to the first of `backends` and reads from whichever holds the blob.
 */
export function createBlobStore(deps: {
  pool: Pool;
  keys: OrganizationKeys;
  backends: readonly [BlobBackend, ...BlobBackend[]];
}): BlobStore {
  const { pool, keys, backends } = deps;
  const backendOf = (kind: string) => backends.find((backend) => backend.kind === kind);

  const find = async (org: string, digest: Digest): Promise<BlobRow | undefined> => {
    const { rows } = await inOrganization(pool, org, (tx) =>
      tx.query<BlobRow>("SELECT id, backend, encoding, wrapped_key, bytes FROM blobs WHERE org = $1 AND digest = $2", [
        org,
        digest,
      ]),
    );
    return rows[0];
  };

  /** Whether it is there; if so, it is in use from now on. */
  const use = async (org: string, digest: Digest): Promise<boolean> => {
    const { rowCount } = await inOrganization(pool, org, (tx) =>
      tx.query("UPDATE blobs SET used_at = now() WHERE org = $1 AND digest = $2", [org, digest]),
    );
    return rowCount === 1;
  };

  const removeAll = async (org: string, digests: readonly Digest[], unusedSince?: Date): Promise<number> => {
    const { rows } = await inOrganization(pool, org, (tx) =>
      tx.query<Pick<BlobRow, "id" | "backend">>(
        `DELETE FROM blobs WHERE org = $1 AND digest = ANY ($2::text[]) AND ($3::timestamptz IS NULL OR used_at < $3)
          RETURNING id, backend`,
        [org, digests, unusedSince ?? null],
      ),
    );
    for (const [kind, removed] of Map.groupBy(rows, ({ backend }) => backend)) {
      await backendOf(kind)?.remove(
        org,
        removed.map(({ id }) => id),
      );
    }
    return rows.length;
  };

  return {
    async put(org, source, options) {
      if (source instanceof Uint8Array) {
        const digest = digestOf(createHash("sha256").update(source));
        if (await use(org, digest)) return { digest, bytes: source.byteLength };
      }
      const hash = createHash("sha256");
      let bytes = 0;
      const { encoding, content } = await encode(
        tap(source, (part) => {
          hash.update(part);
          bytes += part.byteLength;
        }),
      );
      const [backend] = backends;
      const id = randomUUID();
      const dataKey = newDataKey();
      const pending = await backend.write(org, id, sealStream(dataKey, content)).catch(async (error: unknown) => {
        await backend.remove(org, [id]).catch(() => undefined);
        throw error;
      });
      const digest = digestOf(hash);
      // Wrapped last because it is bound to the digest, which is known only now.
      const wrapped = await keys.wrap(blobBinding(org, digest, encoding), dataKey);
      const added = await inOrganization(pool, org, async (tx) => {
        const { rows } = await tx.query<{ id: string }>(
          `INSERT INTO blobs (org, digest, id, backend, purpose, content_type, encoding, wrapped_key, bytes, stored_bytes)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (org, digest) DO UPDATE SET used_at = now() RETURNING id`,
          [
            org,
            digest,
            id,
            backend.kind,
            options.purpose,
            options.contentType ?? null,
            encoding,
            wrapped,
            bytes,
            pending.storedBytes,
          ],
        );
        const isNew = rows[0]?.id === id;
        if (isNew) await pending.complete(tx);
        return isNew;
      });
      if (!added) await backend.remove(org, [id]);
      return { digest, bytes };
    },

    async *get(org, digest) {
      const row = await find(org, digest);
      if (row === undefined) throw new BlobNotFoundError(digest);
      const backend = backendOf(row.backend);
      if (backend === undefined) throw new BlobUnreachableError(digest, row.backend);
      const dataKey = await keys.unwrap(blobBinding(org, digest, row.encoding), row.wrapped_key);
      try {
        yield* decode(row.encoding, Number(row.bytes), openStream(dataKey, backend.read(org, row.id), "blob"));
      } catch (error) {
        if (error instanceof NotInBackendError) throw new BlobUnreachableError(digest, row.backend, { cause: error });
        throw error;
      }
    },

    has: async (org, digest) => (await find(org, digest)) !== undefined,

    delete: async (org, digest) => (await removeAll(org, [digest])) === 1,
    deleteMany: removeAll,
  };
}

/** Reads a whole blob into memory: for content whose size is known to be small. */
export async function readBlob(store: BlobStore, org: string, digest: Digest): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of store.get(org, digest)) parts.push(part);
  return Buffer.concat(parts);
}

function digestOf(hash: { digest(encoding: "hex"): string }): Digest {
  return `sha256:${hash.digest("hex")}`;
}

async function* tap(
  source: Uint8Array | AsyncIterable<Uint8Array>,
  see: (part: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    see(source);
    yield source;
    return;
  }
  for await (const part of source) {
    see(part);
    yield part;
  }
}

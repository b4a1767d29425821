import type { Pool } from "pg";
import { inOrganization, type Queryable } from "../store/organization.ts";
import { NotInBackendError, type BlobBackend } from "./backend.ts";
import { regroup } from "./regroup.ts";

const rowBytes = 256 * 1024;
const rowsPerRead = 4;

/**
 * Blobs in rows of at most 256 KiB, for installations on several hosts. Every row but the last is a transaction of its
 * own: one transaction around a slow source would hold back the readers of all feeds for as long as it lasts.
 */
export function createPostgresBackend(pool: Pool): BlobBackend {
  return {
    kind: "postgres",
    async write(org, id, source) {
      let ordinal = 0;
      let storedBytes = 0;
      let last: Buffer = Buffer.alloc(0);
      for await (const row of regroup(source, rowBytes)) {
        if (ordinal > 0) {
          const full = last;
          const at = ordinal - 1;
          await inOrganization(pool, org, (tx) => insertRow(tx, org, id, at, full));
        }
        last = row;
        storedBytes += row.length;
        ordinal += 1;
      }
      // The last row, usually the only one, shares the transaction of the index row.
      return { storedBytes, complete: (tx) => insertRow(tx, org, id, ordinal - 1, last) };
    },
    async *read(org, id) {
      for (let next = 0; ; next += rowsPerRead) {
        const from = next;
        const { rows } = await inOrganization(pool, org, (tx) =>
          tx.query<{ content: Buffer }>(
            `SELECT content FROM blob_chunks
              WHERE org = $1 AND blob_id = $2 AND ordinal >= $3 AND ordinal < $4 ORDER BY ordinal`,
            [org, id, from, from + rowsPerRead],
          ),
        );
        if (rows.length === 0 && next === 0) throw new NotInBackendError();
        for (const { content } of rows) yield content;
        if (rows.length < rowsPerRead) return;
      }
    },
    async *writtenBefore(time) {
      const { rows } = await pool.query<{ org: string; id: string }>(
        `SELECT c.org, c.blob_id AS id FROM blob_chunks c
          WHERE c.created_at < $1 AND NOT EXISTS (SELECT FROM blobs b WHERE b.id = c.blob_id)
          GROUP BY c.org, c.blob_id HAVING max(c.created_at) < $1`,
        [time],
      );
      yield* rows;
    },
    async remove(org, ids) {
      await inOrganization(pool, org, (tx) =>
        tx.query("DELETE FROM blob_chunks WHERE org = $1 AND blob_id = ANY ($2::uuid[])", [org, ids]),
      );
    },
  };
}

async function insertRow(tx: Queryable, org: string, id: string, ordinal: number, content: Buffer): Promise<void> {
  await tx.query("INSERT INTO blob_chunks (org, blob_id, ordinal, content) VALUES ($1, $2, $3, $4)", [
    org,
    id,
    ordinal,
    content,
  ]);
}

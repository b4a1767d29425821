import type { Pool } from "pg";
import { inOrganization } from "../store/organization.ts";
import { countLines, encodeSegment, type LogEntry } from "./log-segment.ts";
import type { BlobStore } from "./store.ts";

export interface LogWriter {
  /**
   * Takes output that was already redacted, at once and in its place. Resolves when there is room for more: when segments
   * can't be written as fast as output comes, whoever reads that waits.
   *
   * @throws what storing threw, when it fails while the buffer is full; what was appended is kept nevertheless.
   */
  append(stream: LogEntry["stream"], chunk: string | Uint8Array, time: number): Promise<void>;
  /** Stores everything taken so far. @throws what storing threw; what wasn't stored stays and is tried again. */
  flush(): Promise<void>;
  /** Flushes and stops the timer. */
  close(): Promise<void>;
}

interface Segment {
  entries: LogEntry[];
  bytes: number;
  lines: number;
}

const segmentBytes = 256 * 1024;
const entryBytes = 64 * 1024;
const bufferBytes = 4 * segmentBytes;
const idleMs = 500;

/**
 * Writes one attempt's output as compressed, encrypted segments with an index row each: every 256 KiB, or half a second
 * after the first byte that waits. Nothing of it passes the journal's writer. A second writer of the same attempt (a
 * worker that adopted the child) goes on where the first one stopped.
 */
export function createLogWriter(deps: {
  pool: Pool;
  store: BlobStore;
  /** Runs `work` once after so many milliseconds, unless the returned function is called before. */
  schedule: (ms: number, work: () => void) => () => void;
  org: string;
  run: string;
  attempt: string;
}): LogWriter {
  const { pool, store, schedule, org, run, attempt } = deps;
  const buffered: LogEntry[] = [];
  let bufferedBytes = 0;
  /** Being written. Kept as it is until it is stored, so that a retry writes the very same segment. */
  let pending: Segment | undefined;
  let position: { byte: number; line: number } | undefined;
  let storing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  const storeSegment = async (segment: Segment): Promise<void> => {
    position ??= await endOfLog(pool, org, run, attempt);
    const to = { byte: position.byte + segment.bytes, line: position.line + segment.lines };
    const content = encodeSegment(`${run} ${attempt} ${position.byte}`, segment.entries);
    const { digest } = await store.put(org, content, { purpose: "log" });
    await inOrganization(pool, org, (tx) =>
      tx.query(
        `WITH head AS (
           INSERT INTO log_heads AS h (org, run_id, segments) VALUES ($1, $2, 1)
           ON CONFLICT (org, run_id) DO UPDATE SET segments = h.segments + 1 RETURNING segments)
         INSERT INTO log_segments (org, run_id, ordinal, attempt_id, from_byte, to_byte, from_line, to_line, digest)
         SELECT $1, $2, segments, $3, $4, $5, $6, $7, $8 FROM head
         ON CONFLICT (org, run_id, attempt_id, from_byte) DO NOTHING`,
        [org, run, attempt, position?.byte, to.byte, position?.line, to.line, digest],
      ),
    );
    position = to;
  };

  /** As much of what waits as makes one segment: who reads a log holds a whole one in memory. */
  const takeSegment = (): Segment => {
    let [count, bytes, lines] = [0, 0, 0];
    for (const { data } of buffered) {
      if (bytes >= bufferBytes) break;
      count += 1;
      bytes += data.byteLength;
      lines += countLines(data);
    }
    bufferedBytes -= bytes;
    return { entries: buffered.splice(0, count), bytes, lines };
  };

  const storeAll = async (): Promise<void> => {
    while (pending !== undefined || bufferedBytes > 0) {
      if (pending === undefined) {
        pending = takeSegment();
      }
      await storeSegment(pending);
      pending = undefined;
    }
  };

  const start = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    storing ??= storeAll().finally(() => (storing = undefined));
    return storing;
  };

  /** In the background: a failure shows at the next `flush`; until then the timer tries again. */
  const startUnheard = () => void start().catch(arm);
  const arm = () => {
    cancelTimer ??= schedule(idleMs, () => {
      cancelTimer = undefined;
      startUnheard();
    });
  };

  const writer: LogWriter = {
    async append(stream, chunk, time) {
      const data = typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk);
      for (let at = 0; at < data.byteLength; at += entryBytes) {
        const part = data.subarray(at, at + entryBytes);
        buffered.push({ stream, time, data: part });
        bufferedBytes += part.byteLength;
      }
      if (bufferedBytes > 0) arm();
      if (bufferedBytes >= bufferBytes) await start();
      else if (bufferedBytes >= segmentBytes && pending === undefined) startUnheard();
    },
    async flush() {
      while (pending !== undefined || bufferedBytes > 0) await start();
    },
    async close() {
      await writer.flush();
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
  return writer;
}

async function endOfLog(
  pool: Pool,
  org: string,
  run: string,
  attempt: string,
): Promise<{ byte: number; line: number }> {
  const { rows } = await inOrganization(pool, org, (tx) =>
    tx.query<{ byte: string; line: string }>(
      `SELECT to_byte AS byte, to_line AS line FROM log_segments
        WHERE org = $1 AND run_id = $2 AND attempt_id = $3 ORDER BY from_byte DESC LIMIT 1`,
      [org, run, attempt],
    ),
  );
  return { byte: Number(rows[0]?.byte ?? 0), line: Number(rows[0]?.line ?? 0) };
}

import type { Digest } from "@gantry/sdk";
import type { Pool } from "pg";
import { inOrganization } from "../store/organization.ts";
import { LogCursorInvalidError } from "./errors.ts";
import { countLines, decodeSegment, newline, type LogEntry } from "./log-segment.ts";
import { readBlob, type BlobStore } from "./store.ts";

export interface LogLine extends LogEntry {
  attempt: string;
  /** Reading on `after` this starts with the next entry, also with what was written since. */
  cursor: string;
}

interface SegmentRow {
  ordinal: number;
  attempt_id: string;
  digest: Digest;
}

const segmentsPerRead = 16;

/**
 * What a run's steps wrote, in the order in which it was stored (within an attempt: as written), up to what is there
 * now. Whoever follows a log asks again `after` the last cursor; no segment is ever skipped, see `log_heads`.
 *
 * @throws LogCursorInvalidError, and what reading a blob throws.
 */
export async function* readLog(
  deps: { pool: Pool; store: BlobStore },
  log: {
    org: string;
    run: string;
    attempt?: string;
    after?: string;
    /** Only the last so many lines; one without an end yet isn't counted. */
    tail?: number;
  },
): AsyncGenerator<LogLine> {
  let { ordinal, entry } = parseCursor(log.after);
  let skip = 0;
  if (log.tail !== undefined) ({ ordinal, skip } = await startOfTail(deps.pool, log, log.tail));
  for (;;) {
    const rows = await segmentsFrom(deps.pool, log, ordinal);
    for (const row of rows) {
      const read = row.ordinal === ordinal ? entry : 0;
      let number = 0;
      for (const found of decodeSegment(await readBlob(deps.store, log.org, row.digest))) {
        number += 1;
        if (number <= read) continue;
        const data = skip === 0 ? found.data : behindLines(found.data, skip);
        skip -= skip === 0 ? 0 : countLines(found.data) - countLines(data);
        if (data.byteLength > 0) yield { ...found, data, attempt: row.attempt_id, cursor: `${row.ordinal}.${number}` };
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < segmentsPerRead) return;
    ordinal = last.ordinal + 1;
    entry = 0;
  }
}

/** The last lines of what one attempt wrote: whole segments, of about `bytes` in all. Numbers are those of the whole log, from 1. */
export async function readLogEnd(
  deps: { pool: Pool; store: BlobStore },
  log: { org: string; run: string; attempt: string; bytes: number },
): Promise<{ line: number; stream: LogEntry["stream"]; text: string }[]> {
  const start = await endOfLog(deps.pool, log);
  if (start === undefined) return [];
  const { org, run, attempt } = log;
  const lines: { line: number; stream: LogEntry["stream"]; text: string }[] = [];
  const rests = { stdout: "", stderr: "" };
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const take = (stream: LogEntry["stream"], text: string): void =>
    void lines.push({ line: start.line + lines.length + 1, stream, text: text.replace(/\r$/, "") });
  for await (const { stream, data } of readLog(deps, { org, run, attempt, after: `${start.ordinal}.0` })) {
    const parts = (rests[stream] + decoders[stream].decode(data, { stream: true })).split("\n");
    rests[stream] = parts.pop() ?? "";
    for (const part of parts) take(stream, part);
  }
  for (const stream of ["stdout", "stderr"] as const) if (rests[stream] !== "") take(stream, rests[stream]);
  return lines;
}

/** The segment with which the end begins, and how many lines come before it. */
async function endOfLog(
  pool: Pool,
  { org, run, attempt, bytes }: { org: string; run: string; attempt: string; bytes: number },
): Promise<{ ordinal: number; line: number } | undefined> {
  const { rows } = await inOrganization(pool, org, (tx) =>
    tx.query<{ ordinal: number; line: string }>(
      `SELECT ordinal, from_line AS line FROM log_segments WHERE org = $1 AND run_id = $2 AND attempt_id = $3
          AND to_byte > (SELECT max(to_byte) FROM log_segments WHERE org = $1 AND run_id = $2 AND attempt_id = $3) - $4::bigint
        ORDER BY from_byte LIMIT 1`,
      [org, run, attempt, bytes],
    ),
  );
  const first = rows[0];
  return first && { ordinal: first.ordinal, line: Number(first.line) };
}

async function segmentsFrom(
  pool: Pool,
  log: { org: string; run: string; attempt?: string },
  ordinal: number,
): Promise<SegmentRow[]> {
  const { rows } = await inOrganization(pool, log.org, (tx) =>
    tx.query<SegmentRow>(
      `SELECT ordinal, attempt_id, digest FROM log_segments
        WHERE org = $1 AND run_id = $2 AND ordinal >= $3 AND ($4::text IS NULL OR attempt_id = $4)
        ORDER BY ordinal LIMIT ${segmentsPerRead}`,
      [log.org, log.run, ordinal, log.attempt ?? null],
    ),
  );
  return rows;
}

/**
 * Where the last `lines` lines begin: a segment, and how many of its lines come before them. Lines are counted as they
 * were stored, so where two steps write at once some of theirs may be halves.
 */
async function startOfTail(
  pool: Pool,
  log: { org: string; run: string; attempt?: string },
  lines: number,
): Promise<{ ordinal: number; skip: number }> {
  const { rows } = await inOrganization(pool, log.org, (tx) =>
    tx.query<{ ordinal: number; held: string }>(
      `SELECT ordinal, held FROM (
         SELECT ordinal, sum(to_line - from_line) OVER (ORDER BY ordinal DESC) AS held FROM log_segments
          WHERE org = $1 AND run_id = $2 AND ($3::text IS NULL OR attempt_id = $3)) counted
        WHERE held >= $4 ORDER BY ordinal DESC LIMIT 1`,
      [log.org, log.run, log.attempt ?? null, lines],
    ),
  );
  const [row] = rows;
  return row === undefined ? { ordinal: 0, skip: 0 } : { ordinal: row.ordinal, skip: Number(row.held) - lines };
}

/** What stands behind the first `lines` line ends of it; nothing when it has fewer. */
function behindLines(data: Uint8Array, lines: number): Uint8Array {
  let at = 0;
  for (let left = lines; left > 0; left -= 1) {
    const end = data.indexOf(newline, at);
    if (end === -1) return data.subarray(data.length);
    at = end + 1;
  }
  return data.subarray(at);
}

/** `ordinal.entry`: the last entry read of that segment. */
function parseCursor(cursor: string | undefined): { ordinal: number; entry: number } {
  if (cursor === undefined) return { ordinal: 0, entry: 0 };
  const [, ordinal, entry] = /^(\d{1,9})\.(\d{1,9})$/.exec(cursor) ?? [];
  if (ordinal === undefined || entry === undefined) throw new LogCursorInvalidError();
  return { ordinal: Number(ordinal), entry: Number(entry) };
}

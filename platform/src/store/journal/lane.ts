import pg from "pg";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../lib/log.ts";
import { flushQuery, type RunWrite } from "./flush.ts";

export interface LaneDeps {
  /** Of a connection for this lane alone; see `writerSettings`. */
  clientConfig: pg.ClientConfig;
  newId(): string;
  random(): number;
  log: Log;
  /** Ends the wait for a database that doesn't come back. */
  signal: AbortSignal;
}

/** One writer: a connection and a counter that tells whether the last flush was committed. */
export interface Lane {
  /**
   * Resolves to the ids of the runs that were written. Survives the loss of the connection and of the database.
   * @throws BatchRejectedError when Postgres refuses the data itself; nothing of the batch is written then.
   */
  flush(owner: string, writes: readonly RunWrite[]): Promise<Set<string>>;
  close(): Promise<void>;
}

/**
 * Settings of the engine's sessions: its statements are always the same, and their best plan never depends on table statistics. A
 * plan that was made while the tables were empty would read all of `runs` until they are analyzed.
 */
export const writerSettings = {
  plan_cache_mode: "force_generic_plan",
  enable_seqscan: "off",
  enable_mergejoin: "off",
  jit: "off",
};

/** The data can't be stored; the same batch would be refused again. Internal: the journal bisects and never lets it out. */
export class BatchRejectedError extends Error {}

export function openLane(deps: LaneDeps): Lane {
  let client: pg.Client | null = null;
  let id = deps.newId();
  let n = 0;

  const connection = async (owner: string): Promise<pg.Client> => {
    if (client) return client;
    const fresh = new pg.Client(deps.clientConfig);
    fresh.on("error", () => {
      if (client === fresh) client = null;
    });
    await fresh.connect();
    if (n === 0)
      await fresh.query("INSERT INTO lanes (id, worker, n) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", [id, owner]);
    client = fresh;
    return fresh;
  };
  const drop = (): void => {
    client?.end().catch(() => {});
    client = null;
  };

  return {
    flush: async (owner, writes) => {
      let uncertain = false;
      for (let tries = 1; ; tries += 1) {
        try {
          const db = await connection(owner);
          const { rows } = await db.query<[string | null]>(flushQuery(id, n + 1, owner, writes));
          if (rows.length > 0) {
            n += 1;
            return new Set(rows.flatMap(([run]) => (run === null ? [] : [run])));
          }
          // The counter had moved on: an earlier try was committed though its answer never came. Or the lane's row is
          // gone, with a database that was restored: then what is there counts as well, under a new name.
          const written = await readWritten(db, owner, writes);
          const counter = await db.query("SELECT 1 FROM lanes WHERE id = $1 AND n = $2", [id, n + 1]);
          if (counter.rowCount === 1) n += 1;
          else {
            id = deps.newId();
            n = 0;
            drop();
          }
          if (!uncertain && counter.rowCount !== 1 && written.size === 0) continue;
          return written;
        } catch (error) {
          if (rejectsData(error))
            throw new BatchRejectedError("The database refuses a row of the batch.", { cause: error });
          uncertain = true;
          if (!isRetryable(error))
            deps.log.error({ err: error }, "A flush failed in a way that was not foreseen; trying again");
          else if (tries === 1) deps.log.warn({ err: error }, "The journal can't reach the database; trying again");
          if (!isConflict(error)) drop();
          deps.signal.throwIfAborted();
          await delay(backOff(tries, deps.random()), undefined, { signal: deps.signal });
        }
      }
    },
    close: async () => {
      const last = client;
      client = null;
      if (!last) return;
      await last.query("DELETE FROM lanes WHERE id = $1", [id]).catch(() => {});
      await last.end().catch(() => {});
    },
  };
}

/** After a commit that nobody confirmed: the runs that stand where this batch would have left them, still ours. */
async function readWritten(db: pg.Client, owner: string, writes: readonly RunWrite[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT r.id FROM unnest($1::uuid[], $2::int[], $3::int[], $4::bool[]) AS i (id, fence, seq_to, release)
     JOIN runs r ON r.id = i.id AND r.seq = i.seq_to
       AND ((r.owner = $5 AND r.fence = i.fence) OR (i.release AND r.fence = i.fence AND r.owner IS NULL))`,
    [
      writes.map((write) => write.id),
      writes.map((write) => write.fence),
      writes.map((write) => write.seqTo),
      writes.map((write) => write.release),
      owner,
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";

/** 22 data exception, 23 integrity constraint violation, 54 program limit exceeded; RangeError: too long for a string here. */
function rejectsData(error: unknown): boolean {
  if (leavesPartition(error)) return false;
  return error instanceof RangeError || (codeOf(error).length === 5 && /^(22|23|54)/.test(codeOf(error)));
}

/**
 * The month of the row was made while the row waited to be written to where such rows were kept until then. It is a check that
 * has no name, other than those of a table's own.
 */
function leavesPartition(error: unknown): boolean {
  return codeOf(error) === "23514" && (error as { constraint?: string }).constraint === undefined;
}

/** 40 deadlock or serialization failure, 55 lock not available: the connection is well, only the try was lost. */
function isConflict(error: unknown): boolean {
  return leavesPartition(error) || /^(40|55)[0-9A-Z]{3}$/.test(codeOf(error));
}

/** Connection lost (no SQLSTATE, or class 08), resources (53), intervention (57), conflict. */
function isRetryable(error: unknown): boolean {
  const code = codeOf(error);
  return isConflict(error) || !/^[0-9A-Z]{5}$/.test(code) || /^(08|25|40|53|55|57|58)/.test(code);
}

/** From 20 ms to 2 s; jitter keeps many workers from coming back at the same moment. */
export function backOff(tries: number, random: number): number {
  return Math.min(2_000, 20 * 2 ** Math.min(tries, 10)) * (0.5 + random / 2);
}

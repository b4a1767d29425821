import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Engine, OpenOptions } from "../engine.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker-process.ts";

export async function open({ folder, database }: OpenOptions): Promise<Engine> {
  const url = await database("dbos");
  const db = new pg.Pool({ connectionString: url, max: 1 });
  let worker: WorkerProcess | undefined;
  return {
    startWorker: async ({ ledger }) => {
      worker = await startWorkerProcess({
        file: fileURLToPath(new URL("dbos-worker.ts", import.meta.url)),
        env: { PEERS_DATABASE_URL: url, ...(ledger === null ? {} : { PEERS_LEDGER: String(ledger) }) },
        log: join(folder, "worker.log"),
      });
      return worker;
    },
    run: async (count) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      await worker?.ask("start", ids);
      for (;;) {
        const { rows } = await db.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM dbos.workflow_status WHERE workflow_uuid = ANY ($1) AND status = 'SUCCESS'`,
          [ids],
        );
        if (rows[0]?.n === ids.length) return;
        await delay(5);
      }
    },
    [Symbol.asyncDispose]: () => db.end(),
  };
}

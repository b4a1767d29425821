import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine, OpenOptions } from "../engine.ts";
import { startWorkerProcess, WorkerEndedError, type WorkerProcess } from "../worker-process.ts";

export async function open({ folder, database }: OpenOptions): Promise<Engine> {
  const url = await database("langgraph");
  let worker: WorkerProcess | undefined;
  // LangGraph has no list of its runs: whoever uses it remembers which ones to resume, here the driver.
  let unfinished: { ids: readonly string[]; resolve(): void; reject(error: unknown): void } | undefined;
  const work = async (command: "start" | "resume") => {
    if (!unfinished || !worker) return;
    const { ids, resolve, reject } = unfinished;
    try {
      await worker.ask(command, ids);
      unfinished = undefined;
      resolve();
    } catch (error) {
      // Killed: the next worker resumes them.
      if (!(error instanceof WorkerEndedError)) reject(error);
    }
  };
  return {
    startWorker: async ({ ledger }) => {
      worker = await startWorkerProcess({
        file: fileURLToPath(new URL("langgraph-worker.ts", import.meta.url)),
        env: { PEERS_DATABASE_URL: url, ...(ledger === null ? {} : { PEERS_LEDGER: String(ledger) }) },
        log: join(folder, "worker.log"),
      });
      void work("resume");
      return worker;
    },
    run: (count) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      unfinished = { ids, resolve, reject };
      void work("start");
      return promise;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

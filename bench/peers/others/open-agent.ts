import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentOptions, Engine } from "../engine.ts";
import { startWorkerProcess, type WorkerProcess } from "../worker-process.ts";

/** A library of agents in a worker: it is told which runs to begin, and says when all have ended. */
export async function openAgent(worker: string, { folder, database, provider }: AgentOptions): Promise<Engine> {
  const url = await database("agents");
  let started: WorkerProcess | undefined;
  return {
    startWorker: async () => {
      started = await startWorkerProcess({
        file: fileURLToPath(new URL(worker, import.meta.url)),
        env: { PEERS_DATABASE_URL: url, PEERS_MODEL_URL: provider.url, MASTRA_TELEMETRY_DISABLED: "1" },
        log: join(folder, "worker.log"),
      });
      return started;
    },
    run: async (count) =>
      void (await started?.ask(
        "start",
        Array.from({ length: count }, () => randomUUID()),
      )),
    [Symbol.asyncDispose]: async () => {},
  };
}

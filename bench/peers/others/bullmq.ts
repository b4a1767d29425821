import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Queue, QueueEvents } from "bullmq";
import type { Engine, OpenOptions } from "../engine.ts";
import { startWorkerProcess } from "../worker-process.ts";
import { startRedis } from "./redis.ts";

/** @throws NotMeasurableError without a Redis server */
export async function open({ folder }: OpenOptions, appendfsync: "always" | "everysec" = "always"): Promise<Engine> {
  const redis = await startRedis(folder, appendfsync);
  const connection = { path: redis.socket, maxRetriesPerRequest: null };
  const queue = new Queue("runs", { connection });
  const events = new QueueEvents("runs", { connection });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  // One listener for all: one per job would be a leak in Node's eyes.
  let missing = new Set<string>();
  let done: (() => void) | undefined;
  events.on("completed", ({ jobId }) => {
    if (missing.delete(jobId) && missing.size === 0) done?.();
  });
  return {
    startWorker: ({ ledger, detection }) =>
      startWorkerProcess({
        file: fileURLToPath(new URL("bullmq-worker.ts", import.meta.url)),
        env: {
          PEERS_REDIS: redis.socket,
          PEERS_DETECTION: detection,
          ...(ledger === null ? {} : { PEERS_LEDGER: String(ledger) }),
        },
        log: join(folder, "worker.log"),
      }),
    run: async (count) => {
      const ids = Array.from({ length: count }, () => randomUUID());
      missing = new Set(ids);
      const { promise, resolve } = Promise.withResolvers<void>();
      done = resolve;
      await queue.addBulk(ids.map((jobId) => ({ name: "run", data: { outputs: [] }, opts: { jobId } })));
      await promise;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([queue.close(), events.close()]);
      await redis.stop();
    },
  };
}

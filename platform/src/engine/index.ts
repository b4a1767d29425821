/**
 * The run engine's host: it gives the pure core of the sdk its inputs, writes what it decides and sets going what was
 * written. Imported by the composition root; imports the core, the store, connections and lib, never the API.
 */
export type { TakeCallPermit } from "./call-permits.ts";
export {
  workerDefaults,
  type AttemptRequest,
  type AttemptRunner,
  type DecisionSigner,
  type PolicedRun,
  type WorkerConfig,
  type WorkerDeps,
} from "./ports.ts";
export { createDatabaseClock } from "./database-clock.ts";
export { createWorker, type Worker } from "./worker.ts";

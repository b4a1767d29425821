/** One worker as a process of its own, for tests that kill it. Its only argument is a `WorkerProcessOptions` as JSON. */
import { Plan } from "@gantry/sdk";
import { createWorker, workerDefaults, type WorkerConfig } from "../../platform/src/engine/index.ts";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import { ledgerTools } from "./ledger.ts";
import { createMemoryRunner } from "./memory-runner.ts";
import { createTestSigner } from "./signer.ts";
import { thinkingTool } from "./thinker.ts";

export interface WorkerProcessOptions {
  config: Partial<WorkerConfig> & Pick<WorkerConfig, "databaseUrl">;
  ledger: string;
  /** What sub-runs are made of. */
  child: unknown;
}

const { config, ledger, child } = JSON.parse(process.argv[2] ?? "") as WorkerProcessOptions;
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error };
const worker = createWorker({
  config: {
    ...workerDefaults,
    host: "test-host",
    version: "0.0.0",
    pool: "default",
    agents: [],
    ...config,
  },
  runner: createMemoryRunner([...ledgerTools(ledger), thinkingTool(ledger)]),
  assess: () => ({
    decision: { result: "allow", policies: ["test"], reasons: [], facts: {}, approvals: [] },
    risk: { level: "low", reasons: [] },
  }),
  signer: createTestSigner(),
  planSubRun: async () => () => Plan.parse(child),
  newId: createUuidV7(),
  random: Math.random,
  log,
});
await worker.start();

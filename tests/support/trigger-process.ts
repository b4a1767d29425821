/** A process that looks after triggers, for tests that kill it. Its only argument is a `TriggerProcessOptions` as JSON. */
import pg from "pg";
import { Plan } from "@gantry/sdk";
import { createUuidV7 } from "../../platform/src/lib/uuid-v7.ts";
import { databaseTime } from "../../platform/src/store/plans/triggers.ts";
import { evaluate, startTriggerLoop } from "../../platform/src/triggers/index.ts";

export interface TriggerProcessOptions {
  databaseUrl: string;
  /** What every trigger starts. */
  plan: unknown;
  /** Milliseconds that this process's idea of the database's time is ahead. */
  aheadMs: number;
}

const { databaseUrl, plan, aheadMs } = JSON.parse(process.argv[2] ?? "") as TriggerProcessOptions;
startTriggerLoop({
  pool: new pg.Pool({ connectionString: databaseUrl, max: 4 }).on("error", () => {}),
  time: async (db) => (await databaseTime(db)) + aheadMs,
  lsRemote: null,
  makePlan: async () => Plan.parse(plan),
  mayStart: async () => null,
  evaluate: async (expressions, scope) => evaluate(expressions, scope),
  newId: createUuidV7(),
  queueLimit: 1_000,
  wakeWorkers: () => {},
  pollMs: 1,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: console.error },
});
console.log("looking");

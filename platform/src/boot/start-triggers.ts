import type { Pool } from "pg";
import { defaultApiConfig } from "../api/deps.ts";
import { clientConfig } from "../postgres/index.ts";
import { createNotifier, workChannel } from "../store/notify.ts";
import { databaseTime } from "../store/triggers.ts";
import { evaluate, planForTrigger, startTriggerLoop, type FireDeps } from "../triggers/index.ts";
import type { Parts } from "./parts.ts";

/** What firing a trigger needs of this installation, in whichever process. */
export function triggerParts({ catalog }: Pick<Parts, "catalog">): Pick<FireDeps, "makePlan" | "evaluate"> {
  return {
    makePlan: (request) => planForTrigger(catalog, request),
    evaluate: async (expressions, scope) => evaluate(expressions, scope),
  };
}

/** Looks after triggers that nobody calls. Every process does. */
export function startTriggers(parts: Parts, { engine }: { engine: Pool }): { stop(): Promise<void> } {
  const { database, log, newId } = parts;
  const notifier = createNotifier({
    clientConfig: clientConfig(database.engineUrl, { name: "gantry-triggers-notify" }),
    random: Math.random,
    log,
  });
  const loop = startTriggerLoop({
    ...triggerParts(parts),
    pool: engine,
    time: databaseTime,
    newId,
    queueLimit: defaultApiConfig.queueLimit,
    wakeWorkers: () => notifier.notify(workChannel),
    pollMs: 1_000,
    log,
  });
  return {
    stop: async () => {
      await loop.stop();
      await notifier.close();
    },
  };
}

/** DBOS: workflows are started in the process that works on them, as its documentation's first example does. */
import { DBOS } from "@dbos-inc/dbos-sdk";
import { steps } from "../engine.ts";
import { serveWorker } from "../serve-worker.ts";
import { step } from "../step.ts";

const workflow = DBOS.registerWorkflow(
  async (run: string) => {
    for (let index = 0; index < steps; index += 1) await DBOS.runStep(() => step(run, index), { name: `s${index}` });
  },
  { name: "tenSteps" },
);

DBOS.setConfig({
  name: "peers",
  systemDatabaseUrl: process.env["PEERS_DATABASE_URL"] ?? "",
  systemDatabasePoolSize: 20,
  // Else it is a hash of the workflows' code; a version decides whose runs are recovered.
  applicationVersion: "1",
  logLevel: "warn",
});
await DBOS.launch();
serveWorker({
  start: async (ids) => {
    await Promise.all((ids as string[]).map((workflowID) => DBOS.startWorkflow(workflow, { workflowID })(workflowID)));
  },
});

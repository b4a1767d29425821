import type { AnyTool, Tool } from "@gantry/sdk";
import { toolChecks } from "@gantry/sdk/conformance";
import { expect, test } from "vitest";
import { agent } from "./index.ts";
import {
  deployService,
  diagnoseRunbook,
  recoverServiceRunbook,
  rollBackService,
  stopServiceRunbook,
} from "./runbooks.ts";
import { openWorld, type Moment } from "./testing/open-world.ts";

/** A moment for each tool: the step of a runbook that is about to call it. */
const moments: Record<string, Moment> = {
  "deploy.build": { runbook: deployService, step: "build", deployed: 0 },
  "deploy.start": { runbook: deployService, step: "start", deployed: 1 },
  "deploy.probe": { runbook: deployService, step: "probe", deployed: 0 },
  "deploy.switch": { runbook: deployService, step: "switch", deployed: 1 },
  "deploy.verify": { runbook: deployService, step: "verify", deployed: 0 },
  "deploy.retire": { runbook: deployService, step: "retire", deployed: 1 },
  "deploy.find": { runbook: rollBackService, step: "find", deployed: 2 },
  "deploy.wake": { runbook: rollBackService, step: "start", deployed: 2 },
  "deploy.stop": { runbook: stopServiceRunbook, step: "stop", deployed: 1 },
  "deploy.diagnose": {
    runbook: diagnoseRunbook,
    step: "diagnose",
    deployed: 1,
    // What a model says of it is tried by cases of evaluation.
    parameters: { model: false },
  },
  "deploy.recover": { runbook: recoverServiceRunbook, step: "recover", deployed: 1 },
};

const checks = Object.entries(moments).flatMap(([name, moment]) => [
  ...toolChecks(toolNamed(name), { world: () => openWorld(moment), places: 2 }),
]);

test("every tool of the agent is checked, here or beside", () => {
  const all = agent.spec.tools.map(({ name }) => name).filter((name) => name !== "deploy.fetch");
  expect(Object.keys(moments).toSorted()).toEqual(all.toSorted());
});

// Each in a world of its own, and most of the time waiting for a service to start or to stop.
test.concurrent.each(checks)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

function toolNamed(name: string): Tool {
  const found = agent.spec.tools.find((tool: AnyTool) => tool.name === name);
  if (!found) throw new Error(`There is no tool ${name}.`);
  return found;
}

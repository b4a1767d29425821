import { expect, test } from "vitest";
import { agentChecks, toolChecks, type World } from "@gantry/sdk/conformance";
import { agent } from "./index.ts";
import { fetchConfiguration } from "./tool.ts";

const source = { files: { "main.tf": 'output "greeting" { value = "hello" }\n' } };
const parameters = {
  "terraform.apply": { source, state: "network" },
  "terraform.destroy": { source, state: "network" },
  "terraform.write": { wish: "An output that greets", state: "network" },
};

const checks = [...agentChecks(agent, { parameters }), ...toolChecks(fetchConfiguration, { world: openWorld })];

test.each(checks)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

/** The files are in the input; there is nothing outside. */
async function openWorld(): Promise<World<Parameters<typeof fetchConfiguration.spec.run>[0]>> {
  return { input: { source }, look: async () => null, [Symbol.asyncDispose]: async () => undefined };
}

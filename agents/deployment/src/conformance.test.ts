import { expect, test } from "vitest";
import { agentChecks, toolChecks, type World } from "@gantry/sdk/conformance";
import { agent } from "./index.ts";
import { fetchSource } from "./source/fetch.ts";
import { createServiceRepository } from "./testing/service-repository.ts";

const service = { service: "web", repository: "https://git.example.com/web.git", port: 8080 };
const parameters = {
  "deploy.service": service,
  "deploy.rollback": { service: "web" },
  "deploy.stop": { service: "web" },
  "deploy.recover": { service: "web" },
  "deploy.diagnose": { service: "web" },
};

const checks = [
  ...agentChecks(agent, { parameters }),
  ...toolChecks(fetchSource, { world: openRepository, places: 4 }),
];

test.each(checks)("$name", async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});

/** A repository with one commit, as git sees it. */
async function openRepository(): Promise<World<Parameters<typeof fetchSource.spec.run>[0]>> {
  const repository = createServiceRepository();
  repository.commit({ version: "1" });
  return {
    input: { service: "web", repository: repository.path, ref: "main", overrides: {} },
    look: async () => repository.git("status", "--porcelain=v2", "--branch"),
    [Symbol.asyncDispose]: async () => repository[Symbol.dispose](),
  };
}

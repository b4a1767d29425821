import { defineAgent, defineRunbook, defineTool } from "@gantry/sdk";
import { z } from "zod";
import { agent as check } from "../../agents/check/src/index.ts";
import { createCatalog } from "../../platform/src/catalog/index.ts";
import { createFindRunbook } from "../../platform/src/runbooks/index.ts";
import { startTestApi, type TestApi } from "./api.ts";

const input = z.looseObject({});
const tool = (name: `ops.${string}`, effect: "changes" | "destroys") =>
  defineTool({ name, version: "1.0.0", title: name, effect, input, output: input, run: async (given) => given });
const restart = tool("ops.restart", "changes");
const drop = tool("ops.drop", "destroys");
const Name = z.string().regex(/^[a-z][a-z0-9_-]*$/);

const agent = defineAgent({
  name: "ops",
  version: "1.0.0",
  title: "Operations",
  instructions: "Does what tests of goals need.",
  packageUrl: new URL("../fixtures/agent/", import.meta.url).href,
  tools: [restart, drop] as never,
  runbooks: [
    defineRunbook({
      name: "ops.restart",
      version: "1.0.0",
      title: "Restart a service",
      intents: ["restart a service", "bounce a service"],
      examples: ["restart checkout in staging"],
      parameters: z.object({ service: Name.describe("Name of the service") }),
      plan: (plan, given) => void plan.step("restart", restart, given),
    }),
    defineRunbook({
      name: "ops.drop",
      version: "1.0.0",
      title: "Drop a database",
      description: "Deletes a database with everything in it.",
      intents: ["drop a database", "delete a database"],
      parameters: z.object({ database: Name.describe("Name of the database") }),
      plan: (plan, given) => void plan.step("drop", drop, given),
    }),
  ],
});

/** The API with runbooks that people would have goals for; workers do nothing but succeed. */
export async function startGoalsApi(): Promise<TestApi> {
  const catalog = await createCatalog([agent, check]);
  return startTestApi({
    tools: [
      { name: "ops.restart", effect: "changes", run: ({ input: given }) => given },
      { name: "ops.drop", effect: "destroys", run: ({ input: given }) => given },
      {
        name: "check.http",
        run: ({ input: given }) => {
          const { url, status } = given as { url: string; status: number };
          const passed = !url.includes("broken");
          return { probes: [{ name: `GET ${url}`, expected: `status ${status}`, actual: "as it is", passed }] };
        },
        verify: ({ output }) => output,
      },
    ],
    deps: {
      findRunbook: createFindRunbook(catalog, async () => new Map()),
      catalog,
    },
  });
}

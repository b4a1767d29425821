import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { RunbookView } from "../../api/runbooks.ts";
import { RunbookCall } from "../../api/runs.ts";
import { Text } from "../../api/common.ts";
import type { McpDeps } from "../deps.ts";
import { briefPlan, PlanBrief } from "./plan-brief.ts";
import { tool } from "./tool.ts";

const InList = RunbookView.pick({ name: true, version: true, title: true, description: true, intents: true }).extend({
  deprecated: z.boolean(),
});

const Search = z.object({
  text: z.string().max(200).optional().describe("Only those with this in name, title or intents."),
});

const Found = z.object({ runbooks: z.array(InList) });

const Named = z.object({ name: z.string().min(1).max(300).describe("Its name, or name@version.") });

const Call = RunbookCall.extend({ goal: Text(2_000).optional() });

export function runbookTools(server: McpServer, { client }: McpDeps): void {
  tool(server, {
    name: "runbook_list",
    title: "List runbooks",
    description: "Runbooks that can be run, each in its current version. runbook_get says which parameters one takes.",
    effect: "reads",
    input: Search,
    output: Found,
    run: async ({ text = "" }) => {
      const wanted = text.toLowerCase();
      const { items } = await client.runbooks.list();
      const found = items.filter(({ name, title, intents }) =>
        [name, title, ...intents].some((one) => one.toLowerCase().includes(wanted)),
      );
      return { runbooks: found.map((one) => ({ ...one, deprecated: one.deprecated !== null })) };
    },
  });

  tool(server, {
    name: "runbook_get",
    title: "Describe a runbook",
    description: "One runbook, with the JSON Schema of its parameters.",
    effect: "reads",
    input: Named,
    output: RunbookView,
    run: ({ name }) => client.runbooks.get(name),
  });

  tool(server, {
    name: "plan_make",
    title: "Make a plan",
    description:
      "The plan of a runbook for these parameters: its steps with their effects, its risk, and the strictest that policy may say. Nothing runs.",
    effect: "reads",
    input: Call,
    output: PlanBrief,
    run: async (call) => briefPlan(await client.plans.create(call as never)),
  });
}

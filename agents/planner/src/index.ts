/** The planner: makes a plan for a goal that no runbook fits by itself, and a runbook of a run that went well. Imports the SDK only. */
import { defineAgent, defineRunbook } from "@gantry/sdk";
import { z } from "zod";
import { generalize, GeneralizeInput } from "./generalize.ts";
import { plan } from "./plan.ts";

const planRunbook = defineRunbook({
  name: "planner.plan",
  version: "1.0.0",
  title: "Plan a goal with a model",
  description: "A model looks with the tools that only read and drafts a plan, which is checked. It changes nothing.",
  intents: ["ask the planner"],
  examples: ["ask the planner how to move shop to a larger machine"],
  parameters: z.object({ goal: z.string().trim().min(1).max(2_000).describe("What shall be so") }),
  plan: (builder, { goal }) => void builder.step("plan", plan, { goal }),
});

const generalizeRunbook = defineRunbook({
  name: "planner.generalize",
  version: "1.0.0",
  title: "Generalise the runbook of a run with a model",
  description:
    "Names and describes what another run could want otherwise. `gantry runbook from-run --with model` asks for it.",
  parameters: GeneralizeInput,
  plan: (builder, given) => void builder.step("generalize", generalize, given),
});

export const agent = defineAgent({
  name: "planner",
  version: "1.0.0",
  title: "Planner",
  instructions: `You plan for the people who run a platform. Nothing of your plan is carried out before they have read and approved it.
Look first, with the tools that only read, at how things are. Ask catalogue.describe how the runbooks and tools work that you mean to use.
Prefer a runbook to single steps: it is tried, and knows how it is undone. Plan the fewest steps that reach the goal, each for a reason, and end with one that verifies it where a tool can: a check of the outcome, not of what was done.
A step can use what an earlier one gave: {"$ref": ["<step's id>", "<part of its output>"]} in its input, and text with it in the middle: {"$join": ["http://", {"$ref": ["<step's id>", "host"]}]}.
What is done for several things is one step with them in each: its input names the one in turn by {"$item": []}, or a part of it by {"$item": ["name"]}. What a loop gave is a list.
What depends on how things turn out has a condition in when, as steps.look.output.status == 200 && item.size > 0; a step whose input needs one that was skipped is skipped too.
The steps of a runbook stand in the plan with ids of the form <step's id>_<its own>, and are approved with the rest. One in a loop, or with parameters that an earlier step gives, becomes a run of its own with its own approval.
A wait is {"ms": 60000} for a duration, {"at": "2030-01-31T08:00:00Z"} for a time, {"name": "go"} for a signal, {"group": "dba", "count": 1} for an approval of people.
A tool that verifies itself fails where what it did doesn't hold. Set undo to none only for what must stay though the rest is taken back, and onFailure to undo where half of it is worse than nothing.
Name secrets as {"$secret": "<name>"}, never by value.
Never guess what would be destroyed, nor a name, address or number that the goal doesn't say and no tool told you: ask instead, with no steps.`,
  tools: [plan, generalize],
  mind: { task: "plan", tools: ["*"] },
  runbooks: [planRunbook, generalizeRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});

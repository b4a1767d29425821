import { defineAgent, defineRunbook, defineTool } from "@gantry/sdk";
import { z } from "zod";

const look = defineTool({
  name: "thinker.look",
  version: "1.0.0",
  title: "Look at something",
  effect: "reads",
  input: z.object({ turn: z.int() }),
  output: z.object({ text: z.string() }),
  run: async ({ turn }) => ({ text: `Number ${turn} is as it should be. ${"x".repeat(200)}` }),
});

const think = defineTool({
  name: "thinker.think",
  version: "1.0.0",
  title: "Look until there is nothing left",
  effect: "reads",
  input: z.object({}),
  output: z.object({ text: z.string(), turns: z.int() }),
  run: async (_input, ctx) => {
    const { text, turns } = await ctx.think({ goal: "Look at everything, one after the other." });
    return { text, turns };
  },
});

export const agent = defineAgent({
  name: "thinker",
  version: "1.0.0",
  title: "Thinker",
  instructions: "You look at one thing after the other, and say so when there is nothing left.",
  mind: { task: "answer", tools: ["thinker.look"] },
  tools: [look, think],
  runbooks: [
    defineRunbook({
      name: "thinker.think",
      version: "1.0.0",
      title: "Look until there is nothing left",
      parameters: z.object({}),
      plan: (plan) => void plan.step("think", think, {}),
    }),
  ],
  packageUrl: new URL(".", import.meta.url).href,
});

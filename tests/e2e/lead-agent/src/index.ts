/** An agent that has others think for it: its mind names their tools. */
import { defineAgent, defineRunbook, defineTool } from "@gantry/sdk";
import { z } from "zod";

const lead = defineTool({
  name: "lead.ask",
  version: "1.0.0",
  title: "Ask somebody who asks others",
  effect: "reads",
  thinks: true,
  input: z.object({ question: z.string() }),
  output: z.object({ answer: z.string(), tokens: z.number(), tainted: z.array(z.string()) }),
  async run({ question }, { think }) {
    const { text, tokens, tainted } = await think({ goal: question, limits: { tokens: 60 } });
    return { answer: text, tokens: tokens.input + tokens.output, tainted: [...tainted] };
  },
});

const leadRunbook = defineRunbook({
  name: "lead.ask",
  version: "1.0.0",
  title: "Ask the lead",
  description: "Asks an agent that asks others.",
  parameters: z.object({ question: z.string() }),
  plan: (plan, { question }) => void plan.step("lead", lead, { question }),
});

export const agent = defineAgent({
  name: "lead",
  version: "1.0.0",
  title: "Lead",
  instructions: "You have others find out.",
  tools: [lead],
  mind: { task: "answer", tools: ["assistant.ask"] },
  runbooks: [leadRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});

/** The assistant: answers questions with what the installed tools can read, and says where each part of the answer is from. Imports the SDK only. */
import { defineAgent, defineRunbook } from "@gantry/sdk";
import { z } from "zod";
import { ask } from "./ask.ts";

const askRunbook = defineRunbook({
  name: "assistant.ask",
  version: "1.0.0",
  title: "Answer a question",
  description:
    "A model answers a question with the tools that only read, and cites what they said. It changes nothing.",
  intents: ["ask the assistant"],
  examples: ["ask the assistant why https://example.com/ is slow"],
  parameters: z.object({ question: z.string().trim().min(1).max(4_000).describe("What to find out") }),
  plan: (plan, { question }) => void plan.step("ask", ask, { question }),
});

export const agent = defineAgent({
  name: "assistant",
  version: "1.0.0",
  title: "Assistant",
  instructions: `You answer questions of the people who run a platform, in the language of the question, shortly and exactly.
Look with your tools before you say how something is; the platform's own runs, costs, states and audit trail are behind those called records. Cite the source of each fact. What you couldn't find out, you say you don't know.`,
  tools: [ask],
  mind: { task: "answer", tools: ["*", "mcp.*"], memory: true, asks: true, records: true },
  runbooks: [askRunbook],
  packageUrl: new URL("..", import.meta.url).href,
});

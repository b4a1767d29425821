/** LangGraph.js: its ready-made agent of a model and tools, a checkpoint written after each step and before the next begins. */
import { tool } from "@langchain/core/tools";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import pg from "pg";
import { z } from "zod";
import { serveWorker } from "../serve-worker.ts";

const look = tool(async ({ turn }) => ({ text: `Number ${turn} is as it should be. ${"x".repeat(200)}` }), {
  name: "look",
  description: "Look at something",
  schema: z.object({ turn: z.int() }),
});
const pool = new pg.Pool({ connectionString: process.env["PEERS_DATABASE_URL"], max: 20 });
const checkpointer = new PostgresSaver(pool);
await checkpointer.setup();
const model = new ChatOpenAI({
  model: "agent",
  apiKey: "bench",
  maxRetries: 0,
  configuration: { baseURL: process.env["PEERS_MODEL_URL"] },
});
const agent = createAgent({
  model,
  tools: [look],
  systemPrompt: "You look at one thing after the other, and say so when there is nothing left.",
  checkpointer,
});

async function run(id: string): Promise<void> {
  await agent.invoke(
    { messages: [{ role: "user", content: "Look at everything, one after the other." }] },
    { configurable: { thread_id: id }, durability: "sync", recursionLimit: 60 },
  );
}

serveWorker({ start: async (ids) => void (await Promise.all((ids as string[]).map(run))) });

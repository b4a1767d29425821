/** Mastra: its agent with a memory in Postgres, into which messages are saved after each step. */
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { Memory } from "@mastra/memory";
import { PostgresStore } from "@mastra/pg";
import { z } from "zod";
import { serveWorker } from "../serve-worker.ts";

const look = createTool({
  id: "look",
  description: "Look at something",
  inputSchema: z.object({ turn: z.int() }),
  execute: async ({ turn }) => ({ text: `Number ${turn} is as it should be. ${"x".repeat(200)}` }),
});
const storage = new PostgresStore({
  id: "peers",
  connectionString: process.env["PEERS_DATABASE_URL"] ?? "",
  max: 20,
});
await storage.init();
const agent = new Agent({
  id: "looker",
  name: "Looker",
  instructions: "You look at one thing after the other, and say so when there is nothing left.",
  model: { id: "bench/agent", url: process.env["PEERS_MODEL_URL"] ?? "", apiKey: "bench" },
  tools: { look },
  memory: new Memory({ storage }),
});

async function run(id: string): Promise<void> {
  const { text } = await agent.generate("Look at everything, one after the other.", {
    maxSteps: 20,
    savePerStep: true,
    memory: { thread: id, resource: "bench" },
  });
  if (text === "") throw new Error("It answered nothing.");
}

serveWorker({ start: async (ids) => void (await Promise.all((ids as string[]).map(run))) });

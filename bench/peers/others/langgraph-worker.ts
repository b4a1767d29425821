/** LangGraph.js: a graph of ten nodes, its checkpoint written after each and before the next begins. */
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import pg from "pg";
import { steps } from "../engine.ts";
import { serveWorker } from "../serve-worker.ts";
import { step, type StepOutput } from "../step.ts";

const State = Annotation.Root({
  run: Annotation<string>,
  output: Annotation<StepOutput>,
});

const names = Array.from({ length: steps }, (_, index) => `s${index}`);
// Its types follow each node's name; names from a loop are just strings.
const graph = new StateGraph(State) as StateGraph<typeof State, typeof State.State, typeof State.Update, string>;
for (const [index, name] of names.entries())
  graph.addNode(name, async ({ run }: typeof State.State) => ({ output: await step(run, index) }));
for (const [index, name] of names.entries()) graph.addEdge(names[index - 1] ?? START, name);
graph.addEdge(names.at(-1) ?? START, END);

const pool = new pg.Pool({ connectionString: process.env["PEERS_DATABASE_URL"], max: 20 });
const checkpointer = new PostgresSaver(pool);
await checkpointer.setup();
const app = graph.compile({ checkpointer });

/** Whoever has a checkpoint goes on from it; nobody in LangGraph itself looks for runs that were left. */
async function run(id: string): Promise<void> {
  const config = { configurable: { thread_id: id }, durability: "sync" as const };
  const begun = await checkpointer.getTuple(config);
  await app.invoke(begun === undefined ? { run: id } : null, config);
}

serveWorker({
  start: async (ids) => {
    await Promise.all(
      (ids as string[]).map((id) => app.invoke({ run: id }, { configurable: { thread_id: id }, durability: "sync" })),
    );
  },
  resume: async (ids) => void (await Promise.all((ids as string[]).map(run))),
});

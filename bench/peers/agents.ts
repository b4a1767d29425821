import { openThinkers, ownTool } from "../models/open-thinkers.ts";
import { startProvider, type Provider } from "../models/provider.ts";
import { median, timed } from "../measure.ts";
import type { AgentOptions, Engine, OpenOptions } from "./engine.ts";
import { openAgent } from "./others/open-agent.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Whose agents are measured. */
export interface AgentPeer {
  id: string;
  title: string;
  packages: readonly string[];
  /** What the model calls in each turn but the last. */
  tool: string;
  durable: string;
  open(options: AgentOptions): Promise<Engine>;
}

export const agentPeers: readonly AgentPeer[] = [
  {
    id: "gantry",
    title: "Gantry",
    packages: [],
    tool: ownTool,
    durable: "each answer, and each call of a tool before and after it",
    open: (options) => openThinkers(options, { provider: options.provider, capacity: runs }),
  },
  {
    id: "langgraph",
    title: "LangGraph.js + Postgres",
    packages: ["langchain", "@langchain/openai"],
    tool: "look",
    durable: "a checkpoint after each answer and after each call of a tool",
    open: (options) => openAgent("langgraph-agent-worker.ts", options),
  },
  {
    id: "mastra",
    title: "Mastra + Postgres",
    packages: ["@mastra/core", "@mastra/memory", "@mastra/pg"],
    tool: "look",
    durable: "its memory of messages, after each step",
    open: (options) => openAgent("mastra-agent-worker.ts", options),
  },
];

const runs = 200;
const turns = 10;
/** Of each turn the model's own. */
const modelMs = 200;

export interface AgentSpeed {
  /** Turns per second of all runs at once: the median of the rounds, and all of them. */
  throughput: number;
  throughputs: readonly number[];
  /** Milliseconds per turn of one run at a time, without the model's own. */
  latency: number;
}

interface Contestant {
  peer: AgentPeer;
  engine: Engine;
  provider: Provider;
  worker: WorkerProcess;
}

/** All are up; each round gives each its turn, alone. Each has its own provider, the same program. */
export async function measureAgentSpeed(
  chosen: readonly AgentPeer[],
  optionsFor: (name: string) => Promise<OpenOptions>,
  { warmUps, rounds, singles }: { warmUps: number; rounds: number; singles: number },
): Promise<Map<string, AgentSpeed>> {
  await using stack = new AsyncDisposableStack();
  const contestants: Contestant[] = [];
  for (const peer of chosen) {
    const provider = stack.use(await startProvider({ tool: peer.tool }));
    const engine = stack.use(await peer.open({ ...(await optionsFor(`${peer.id}-agents`)), provider }));
    const worker = await engine.startWorker({ ledger: null, detection: "long" });
    stack.defer(() => worker.kill());
    contestants.push({ peer, engine, provider, worker });
  }
  const samples = new Map(contestants.map(({ peer }) => [peer.id, { many: [] as number[], one: [] as number[] }]));
  const measure = async ({ engine, provider, peer }: Contestant, count: number): Promise<number> => {
    const ms = await timed(() => engine.run(count));
    const { asked } = await provider.take();
    if (asked !== count * turns) throw new Error(`${peer.title} asked the model ${asked} times, not ${count * turns}.`);
    return ms;
  };
  for (let round = -warmUps; round < rounds + singles; round += 1) {
    const from = ((round % contestants.length) + contestants.length) % contestants.length;
    for (const contestant of [...contestants.slice(from), ...contestants.slice(0, from)]) {
      const count = round < rounds ? runs : 1;
      const ms = await measure(contestant, count);
      process.stderr.write(`${contestant.peer.id}: ${count} in ${Math.round(ms)} ms\n`);
      const sample = samples.get(contestant.peer.id);
      if (round >= rounds) sample?.one.push(ms / turns - modelMs);
      else if (round >= 0) sample?.many.push((count * turns * 1_000) / ms);
    }
  }
  return new Map(
    [...samples].map(([id, { many, one }]) => [
      id,
      { throughput: median(many), throughputs: many, latency: median(one) },
    ]),
  );
}

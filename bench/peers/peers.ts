import { openGantry } from "./gantry/engine.ts";
import type { Engine, OpenOptions, Peer } from "./engine.ts";

/** Those of others are loaded only after their packages are installed. */
const other =
  (file: string): Peer["open"] =>
  async (options: OpenOptions) =>
    ((await import(`./others/${file}.ts`)) as { open(options: OpenOptions): Promise<Engine> }).open(options);

const lease = { long: "lease of 15 s (default)", short: "lease of 3 s" };
const bullmq = { packages: ["bullmq", "ioredis"] };

/** In the order of the tables. */
export const peers: readonly Peer[] = [
  {
    id: "gantry",
    title: "Gantry",
    packages: [],
    open: (options) => openGantry(options, { runbook: "peers.repeat", through: "store" }),
    speed: true,
    detections: lease,
  },
  {
    id: "gantry-api",
    title: "Gantry, runs asked for over HTTP",
    packages: [],
    open: (options) => openGantry(options, { runbook: "peers.repeat", through: "api" }),
    speed: true,
    detections: {},
  },
  {
    id: "gantry-inspect",
    title: "Gantry, tool with `inspect`",
    packages: [],
    open: (options) => openGantry(options, { runbook: "peers.change", through: "store" }),
    speed: false,
    detections: lease,
  },
  {
    id: "dbos",
    title: "DBOS",
    packages: ["@dbos-inc/dbos-sdk"],
    open: other("dbos"),
    speed: true,
    detections: { short: "its restart (default)" },
  },
  {
    ...bullmq,
    id: "bullmq",
    title: "BullMQ, fsync always",
    open: other("bullmq"),
    speed: true,
    detections: { long: "locks of 30 s (default)", short: "locks of 3 s" },
  },
  {
    ...bullmq,
    id: "bullmq-everysec",
    title: "BullMQ, fsync every second",
    open: other("bullmq-everysec"),
    speed: true,
    detections: {},
  },
  {
    id: "restate",
    title: "Restate",
    packages: ["@restatedev/restate-server", "@restatedev/restate-sdk"],
    open: other("restate"),
    speed: true,
    detections: { short: "broken connection (default)" },
  },
  {
    id: "langgraph",
    title: "LangGraph.js + Postgres",
    packages: ["@langchain/langgraph", "@langchain/langgraph-checkpoint-postgres"],
    open: other("langgraph"),
    speed: true,
    detections: { short: "nothing; our driver resumes" },
  },
];

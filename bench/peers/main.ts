/**
 * `npm run bench:peers` puts Gantry's engine beside others on the same work and writes `RESULTS.md`; README.md says how.
 * `--only speed`, `--only kills` or `--only agents` measures one part and leaves the others as they were; `--peers a,b` measures some, and speed is
 * then only printed, as a ratio needs all. `--detection short` or `long` halves the kills, `--note text` stands beside
 * their times. `--rounds`, `--warm-ups` and `--singles` set how often.
 */
import { parseArgs } from "node:util";
import { agentPeers, measureAgentSpeed } from "./agents.ts";
import { NotMeasurableError, type Engine, type Peer } from "./engine.ts";
import { checkTypes, installPeers } from "./install.ts";
import { measureKills } from "./kills.ts";
import { peers } from "./peers.ts";
import { agentsTable, asText, killsTable, speedTable, writeResults, type Section, type Table } from "./results.ts";
import { measureSpeed } from "./speed.ts";
import { openStage } from "./stage.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    peers: { type: "string" },
    detection: { type: "string" },
    note: { type: "string", default: "" },
    rounds: { type: "string" },
    "warm-ups": { type: "string", default: "5" },
    singles: { type: "string", default: "25" },
  },
});
await installPeers();
if (values.peers === undefined) await checkTypes();
const chosen = peers.filter(({ id }) => values.peers?.split(",").includes(id) ?? true);
const detections = (["long", "short"] as const).filter((one) => one === (values.detection ?? one));
/** Why some can't be measured here. */
const absent = new Map<string, string>();
await using stage = await openStage();

if (values.only === undefined || values.only === "speed") {
  await using stack = new AsyncDisposableStack();
  const opened: { peer: Peer; engine: Engine }[] = [];
  for (const peer of chosen.filter(({ speed }) => speed)) {
    const engine = await open(peer);
    if (engine) opened.push({ peer, engine: stack.use(engine) });
  }
  const speeds = await measureSpeed(opened, {
    warmUps: Number(values["warm-ups"]),
    rounds: Number(values.rounds ?? 7),
    singles: Number(values.singles),
  });
  const table = speedTable(chosen, speeds, absent);
  if (speeds.size + absent.size === peers.filter(({ speed }) => speed).length) await write("Speed", table);
  else process.stdout.write(`${asText(table)}\n`);
}
if (values.only === undefined || values.only === "kills") {
  const rounds = Number(values.rounds ?? 5);
  const kills = await measureKills(chosen, { rounds, detections, open });
  await write("Kills", killsTable(chosen, kills, { absent, note: values.note }));
}
if (values.only === undefined || values.only === "agents") {
  const some = agentPeers.filter(({ id }) => values.peers?.split(",").includes(id) ?? true);
  const times = {
    warmUps: Number(values["warm-ups"]),
    rounds: Number(values.rounds ?? 7),
    singles: Number(values.singles),
  };
  const table = agentsTable(some, await measureAgentSpeed(some, (name) => stage.optionsFor(name), times));
  if (some.length === agentPeers.length) await write("Agents", table);
  else process.stdout.write(`${asText(table)}\n`);
}

async function open(peer: Peer): Promise<Engine | undefined> {
  try {
    return await peer.open(await stage.optionsFor(peer.id));
  } catch (error) {
    if (!(error instanceof NotMeasurableError)) throw error;
    absent.set(peer.id, error.message);
    return undefined;
  }
}

async function write(section: Section, table: Table): Promise<void> {
  process.stdout.write(`${asText(table)}\n`);
  await writeResults(section, table);
}

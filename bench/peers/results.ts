import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { round } from "../measure.ts";
import { agentPeers, type AgentPeer, type AgentSpeed } from "./agents.ts";
import type { Peer } from "./engine.ts";
import { versionOf } from "./install.ts";
import { summary, type Kills } from "./kills.ts";
import { peers } from "./peers.ts";
import type { Speed } from "./speed.ts";

const page = join(import.meta.dirname, "RESULTS.md");

/** What each section's table says. */
const sections = {
  Speed: `200 runs of ten durable steps at once, then one run at a time. Medians of the rounds; a round is every engine's turn, one after
the other, all equally warmed up.`,
  Kills: `The only worker gets SIGKILL in the midst of 200 runs, another one is started 1 s later. Medians of the rounds, the range in
brackets. A step takes 20 ms; its effect comes after 10 ms.`,
  Agents: `200 runs of an agent at once, then one at a time: ten turns each, in all but the last the model calls a tool. The model is a scripted server
that takes 200 ms. Medians of the rounds; a round is every engine's turn, one after the other, all equally warmed up.`,
};

export type Section = keyof typeof sections;

/** The first row is the head. */
export type Table = readonly (readonly string[])[];

type Absent = ReadonlyMap<string, string>;

export function speedTable(chosen: readonly Peer[], speeds: ReadonlyMap<string, Speed>, absent: Absent): Table {
  const own = speeds.get("gantry");
  const head = [
    "engine",
    "steps/s, submitted to ended",
    "range",
    "to Gantry's",
    "steps/s, first step to last",
    "one run: ms per step",
    "one run: ms, submitted to ended",
  ];
  const rows = chosen.flatMap((peer) => {
    const reason = absent.get(peer.id);
    if (reason !== undefined) return [[peer.title, `not measured: ${reason}`, "", "", "", "", ""]];
    const speed = speeds.get(peer.id);
    if (!speed) return [];
    const { throughput, throughputs, pace, latency, whole } = speed;
    const range = `${round(Math.min(...throughputs))}–${round(Math.max(...throughputs))}`;
    const ratio = own ? `${(throughput / own.throughput).toFixed(2)} ×` : "";
    return [[peer.title, ...cells(throughput), range, ratio, ...cells(pace, latency, whole)]];
  });
  return [head, ...rows];
}

export function killsTable(
  chosen: readonly Peer[],
  measured: readonly Kills[],
  { absent, note }: { absent: Absent; note: string },
): Table {
  const head = [
    "engine",
    "what shows that a worker is dead",
    "kills",
    "steps done twice, of 2,000",
    "runs not over 60 s later, of 200",
    "nor 150 s later, in all kills",
    "s from the kill until all had ended",
  ];
  const rows = chosen.flatMap((peer) =>
    measured
      .filter((kills) => kills.peer.id === peer.id)
      .map((kills) => {
        const names = [peer.title, peer.detections[kills.detection] ?? ""];
        const reason = absent.get(peer.id);
        if (reason !== undefined) return [...names, "0", `not measured: ${reason}`, "", "", ""];
        const { doubled, late, lost, ended, seconds } = summary(kills);
        const missing = ended < kills.kills.length ? `after ${ended} of ${kills.kills.length}` : "";
        const times = [seconds ? withRange(seconds) : "–", missing, note].filter((part) => part !== "").join(" ");
        return [...names, ...cells(kills.kills.length), withRange(doubled), ...cells(late, lost), times];
      }),
  );
  return [head, ...rows];
}

export function agentsTable(chosen: readonly AgentPeer[], speeds: ReadonlyMap<string, AgentSpeed>): Table {
  const own = speeds.get("gantry");
  const head = [
    "engine",
    "turns/s, submitted to ended",
    "range",
    "to Gantry's",
    "one run: ms per turn besides the model's",
    "durable before it goes on",
  ];
  const rows = chosen.flatMap(({ id, title, durable }) => {
    const speed = speeds.get(id);
    if (!speed) return [];
    const { throughput, throughputs, latency } = speed;
    const range = `${round(Math.min(...throughputs))}–${round(Math.max(...throughputs))}`;
    const ratio = own ? `${(throughput / own.throughput).toFixed(2)} ×` : "";
    return [[title, ...cells(throughput), range, ratio, ...cells(latency), durable]];
  });
  return [head, ...rows];
}

export function asText(table: Table): string {
  const [head = [], ...rows] = table;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

/** The other section stays as it is, and so do this one's rows that weren't measured this time. */
export async function writeResults(section: Section, [head = [], ...rows]: Table): Promise<void> {
  const before = await readFile(page, "utf8").catch(() => "");
  // A kill is named by its engine and by what shows it.
  const names = section === "Kills" ? 2 : 1;
  const byName = new Map([...rowsOf(before, section), ...rows].map((row) => [row.slice(0, names).join(), row]));
  const titles = (section === "Agents" ? agentPeers : peers).map(({ title }) => title);
  const order = (row: readonly string[]) => titles.indexOf(row[0] ?? "");
  const all = [...byName.values()].toSorted((a, b) => order(a) - order(b));
  const parts = (Object.keys(sections) as Section[]).flatMap((title) => {
    const table = title === section ? asText([head, ...all]) : tableOf(before, title);
    return table === "" ? [] : [`## ${title}`, "", sections[title], "", table];
  });
  const opening = `Written by \`npm run bench:peers\` (Node ${process.version}, ${machine()}). What was compared, how, and what each engine
guarantees: [README.md](README.md). Versions: ${(await versions()).join(", ")}.`;
  await writeFile(page, ["# Gantry's engine beside others", "", opening, "", ...parts].join("\n"));
}

function tableOf(text: string, section: Section): string {
  const own = text.split(`\n## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = own.split("\n").filter((one) => one.startsWith("|"));
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function rowsOf(text: string, section: Section): string[][] {
  return tableOf(text, section)
    .split("\n")
    .slice(2, -1)
    .map((one) =>
      one
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

async function versions(): Promise<string[]> {
  return Promise.all([...new Set([...peers, ...agentPeers].flatMap(({ packages }) => packages))].map(versionOf));
}

function machine(): string {
  return `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown processor"}`;
}

function cells(...values: readonly number[]): string[] {
  return values.map((value) => String(round(value)));
}

function withRange({ median, least, most }: { median: number; least: number; most: number }): string {
  return `${round(median)} (${round(least)}–${round(most)})`;
}

function line(row: readonly string[]): string {
  return `| ${row.join(" | ")} |`;
}

import type { RunSummary } from "@gantry/sdk/api";
import { allItems, type Client } from "@gantry/sdk/client";
import type { Demo, Report } from "./demo.ts";
import { seconds } from "./narrator.ts";

export function createReport(): Report {
  const lines: { name: string; measured: string }[] = [];
  return { lines, add: (name, measured) => void lines.push({ name, measured }) };
}

/** What happened, by numbers that were taken while it did. */
export async function printReport({ narrator, checks, client, traffic, report }: Demo): Promise<void> {
  const { sent, answered, lost, byVersion, slowestMs, firsts } = await traffic.stop();
  const { runs, events } = await count(client);
  const versions = firsts.map(({ version }) => version);

  narrator.chapter("Report");
  checks.is("Clients saw the versions in this order", versions, ["1.0.0", "2.0.0", "4.0.0"]);
  checks.is("Every request was answered", { answered, lost: lost.length }, { answered: sent, lost: 0 });
  narrator.line("");
  for (const { name, measured } of report.lines) print(narrator.line, name, measured);
  const answers = versions.map((version) => `${byVersion[version] ?? 0} by ${version}`).join(", ");
  print(narrator.line, "requests sent without pause", String(sent));
  print(narrator.line, "answered", answers);
  print(narrator.line, "slowest answer", `${Math.round(slowestMs)} ms`);
  for (const why of new Set(lost)) print(narrator.line, "lost", why);
  narrator.line(`requests lost: ${lost.length}`);
  narrator.line(`runs: ${runs}`);
  narrator.line(`events: ${events}`);
  narrator.line(`time: ${seconds(narrator.elapsed())}`);
}

/** Events of a run are numbered without gaps. */
async function count(client: Client): Promise<{ runs: number; events: number }> {
  const counted = { runs: 0, events: 0 };
  for await (const { seq } of allItems<RunSummary>((cursor) => client.runs.list({ limit: 200, cursor }))) {
    counted.runs += 1;
    counted.events += seq;
  }
  return counted;
}

function print(line: (text: string) => void, name: string, measured: string): void {
  line(`${name}: ${measured}`);
}

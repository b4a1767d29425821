/**
 * `npm run bench` measures what the product promises of its speed, size and start, and writes `bench/RESULTS.md`. With
 * `-- --json` every measure is a line of JSON on stdout; with `-- --only goals` only that part is measured, and the other lines stay
 * as they are. Machines differ: read the ratios, each measured in one run.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureEngine } from "./engine-speed.ts";
import { measureDashboard } from "./dashboard.ts";
import { measureGoals } from "./goals/main.ts";
import { measureInjection } from "./injection.ts";
import { measureJournalMonths } from "./journal-months.ts";
import { measureLongRuns } from "./long-runs.ts";
import { meets, round, type Measure } from "./measure.ts";
import { measureMcp } from "./mcp.ts";
import { measureModels } from "./models/main.ts";
import { measureProcesses } from "./processes.ts";
import { measureRequests } from "./requests/main.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, only: { type: "string" } } });
const suites = {
  requests: measureRequests,
  engine: measureEngine,
  months: measureJournalMonths,
  long: measureLongRuns,
  processes: measureProcesses,
  dashboard: measureDashboard,
  goals: measureGoals,
  models: measureModels,
  injection: measureInjection,
  mcp: measureMcp,
};
const results = join(import.meta.dirname, "RESULTS.md");
const measures: Measure[] = [];
for (const [name, measure] of Object.entries(suites)) {
  if (values.only !== undefined && values.only !== name) continue;
  process.stderr.write(`measuring ${name} …\n`);
  measures.push(...(await measure()));
}
for (const measure of measures) process.stdout.write(`${values.json ? asJson(measure) : asText(measure)}\n`);
const before = await readFile(results, "utf8");
await writeFile(results, await asPage(measures, values.only === undefined ? [] : linesOf(before), notesOf(before)));
process.exitCode = measures.every(meets) ? 0 : 1;

function asJson({ name, value, unit, floor, ratio }: Measure): string {
  return JSON.stringify({
    name,
    value: round(value),
    unit,
    floor: floor && round(floor),
    ratio: ratio && round(ratio),
  });
}

function asText(measure: Measure): string {
  const { name, value, unit, floor, ratio } = measure;
  const compared = floor === null || ratio === null ? "" : ` (floor ${round(floor)}, ratio ${round(ratio)})`;
  return `${meets(measure) ? "ok  " : "MISS"} ${name} ${round(value)} ${unit}${compared}, wanted ${wanted(measure)}`;
}

function wanted({ target, ratio, unit }: Measure): string {
  const sign = "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
  return ratio === null ? `${sign} ${unit}` : `${sign} ×`;
}

/** What was measured the last time. */
function linesOf(page: string): string[] {
  const table = page.slice(0, page.length - notesOf(page).length);
  return table.split("\n").filter((line) => /^\| [a-z][\w.-]* \|/.test(line) && !line.startsWith("| measure |"));
}

/** What people wrote below the table stays. */
function notesOf(page: string): string {
  const start = page.indexOf("\n## ");
  return start < 0 ? "" : page.slice(start);
}

function nameOf(line: string): string {
  return line.split("|", 2)[1]?.trim() ?? "";
}

/** New lines take the place of old ones of the same name. */
async function asPage(list: readonly Measure[], before: readonly string[], notes: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../package.json"), "utf8")) as {
    version: string;
  };
  const rows = list.map((measure) => {
    const { name, value, unit, floor, ratio, what } = measure;
    const cells = [
      name,
      `${round(value)} ${unit}`,
      floor === null ? "" : `${round(floor)} ${unit}`,
      ratio === null ? "" : `${round(ratio)} ×`,
      wanted(measure),
      meets(measure) ? "yes" : "**no**",
      what,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const names = new Set(rows.map(nameOf));
  const kept = before.filter((line) => !names.has(nameOf(line)));
  return [
    "# Results",
    "",
    `Written by \`npm run bench\` (Gantry ${version}, Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown processor"}). Medians of at least five`,
    "rounds; value and floor of a line were measured in turn in one run, so read the ratio: absolute numbers are this machine's.",
    "",
    "| measure | value | floor | ratio | wanted | met | what |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...kept,
    ...rows,
    notes,
  ].join("\n");
}

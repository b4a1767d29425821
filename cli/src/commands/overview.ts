import type { Command } from "commander";
import type { OverviewView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { safeLine } from "../render/safe-text.ts";
import { renderTable } from "../render/table.ts";
import { duration, relative } from "../render/time.ts";
import { example } from "./options.ts";

/** `gantry overview`: how the platform does, and how runs ended lately. */
export function overviewCommands(program: Command, act: Act): void {
  const overview = program
    .command("overview")
    .description("How the platform does (line, workers, backups), and how runs ended day by day.")
    .option("--project <name>", "runs of this project only")
    .option("-e, --environment <name>", "runs in this environment only")
    .option("--days <number>", "how many days", "14");
  example(overview, "gantry overview", "gantry overview -e prod --days 30");
  act<{ project?: string; environment?: string; days: string }>(overview, async (context, { options }) => {
    const view = await context.client().overview.get(options);
    if (context.json) context.terminal.json(view);
    else for (const line of linesOf(view, context)) context.terminal.data(line);
  });
}

function linesOf({ pools, backup, drill, days }: OverviewView, { terminal, now }: Context): string[] {
  const ago = (time: string): string => relative(time, now());
  return [
    ...pools.map(({ pool, workers, draining, capacity, running, due, oldestDueAt }) => {
      const line = oldestDueAt === null ? "nobody in line" : `${due} in line, the first since ${ago(oldestDueAt)}`;
      const drained = draining === 0 ? "" : ` (${draining} drained)`;
      return `pool ${safeLine(pool)}: ${workers} workers${drained}, ${capacity} steps at once, ${running} runs in hand, ${line}`;
    }),
    `backup: ${backup.takenAt === null ? "none" : ago(backup.takenAt)}${backup.late ? ", late" : ""}`,
    `restore tried: ${drill === null ? "never" : `${ago(drill.at)}${drill.failed ? ", failed" : ""}`}`,
    "",
    renderTable(
      [
        { title: "DAY", text: ({ day }) => day },
        { title: "ENDED", text: ({ ends }) => String(Object.values(ends).reduce((sum, n) => sum + n, 0)) },
        { title: "SUCCEEDED", text: ({ successRate: of }) => (of === null ? "" : `${Math.floor(of * 100)} %`) },
        { title: "TAKEN BACK", text: ({ takenBack }) => (takenBack === 0 ? "" : String(takenBack)), give: 1 },
        { title: "HALF WITHIN", text: ({ p50Ms }) => (p50Ms === null ? "" : duration(p50Ms)) },
        { title: "95 % WITHIN", text: ({ p95Ms }) => (p95Ms === null ? "" : duration(p95Ms)) },
      ],
      days,
      terminal.columns(),
    ),
  ];
}

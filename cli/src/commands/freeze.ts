import type { Command } from "commander";
import type { FreezeTimes, FreezeView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute, duration } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { example, readDuration, reasonOption } from "./options.ts";

interface AddOptions {
  project?: string;
  environment?: string;
  reason: string;
  from?: string;
  until?: string;
  cron?: string;
  timeZone: string;
  for?: number;
}

/** `gantry freeze`: times in which nothing that changes anything starts. */
export function freezeCommands(program: Command, act: Act): void {
  const freeze = program.command("freeze").description("Times in which nothing that changes anything starts.");

  const add = freeze
    .command("add")
    .description("Freeze once, or again and again. Runs wait before their first change until it is over.")
    .addOption(reasonOption().makeOptionMandatory())
    .option("--project <name>", "only this project; the whole organization unless told")
    .option("-e, --environment <name>", "only this environment of the project")
    .option("--from <time>", "from then on (ISO 8601); now unless told")
    .option("--until <time>", "until then; without it until somebody ends it")
    .option("--cron <cron>", "again and again, from each of these times …")
    .option("--time-zone <name>", "… in this time zone …", "UTC")
    .option("--for <duration>", "… for this long", readDuration);
  example(
    add,
    'gantry freeze add --reason "Christmas" --from 2026-12-23T12:00:00Z --until 2027-01-04T06:00:00Z',
    'gantry freeze add --reason "Weekend" --project shop -e prod --cron "0 18 * * 5" --for 62h --time-zone Europe/Berlin',
  );
  act<AddOptions>(add, async (context, { options }) => {
    const { reason, project, environment } = options;
    const created = await context.client().freezes.create({
      reason,
      times: timesOf(options, context.now()),
      ...(project === undefined ? {} : { project }),
      ...(environment === undefined ? {} : { environment }),
    });
    const { terminal, json } = context;
    if (json) terminal.json(created);
    else {
      terminal.say(`${placeOf(created)} is frozen ${windowOf(created)}: ${safeLine(reason)}`);
      terminal.data(created.id);
    }
  });

  act(freeze.command("list").description("Freezes that are not over."), async (context) => {
    const { items } = await context.client().freezes.list();
    printList(context, items, columns, "Nothing is frozen, and nothing will be.");
  });

  const end = freeze.command("end").argument("<freeze>", "id, or its beginning");
  act(
    end.description("End a freeze now; the runs that it holds go on."),
    async (context, { parameters: [id = ""] }) => {
      const found = await findFreeze(context, id);
      await context.client().freezes.end(found.id);
      if (context.json) context.terminal.json({ ended: found.id });
      else context.terminal.say(`Ended: ${safeLine(found.reason)}`);
    },
  );

  const override = freeze
    .command("override")
    .argument("<run>")
    .description("Let one run go on although it is frozen; the reason stays in its history.")
    .addOption(reasonOption().makeOptionMandatory());
  example(override, 'gantry freeze override 0198c2f4 --reason "The shop is down"');
  act<{ reason: string }>(override, async (context, { parameters: [reference = ""], options }) => {
    const client = context.client();
    const run = await findRun(client, reference);
    const answer = await client.freezes.override(run, options.reason);
    if (context.json) context.terminal.json(answer);
    else context.terminal.say(`Run ${run} may go on.`);
  });
}

function timesOf({ from, until, cron, timeZone, for: durationMs }: AddOptions, now: number): FreezeTimes {
  if (cron === undefined) {
    if (durationMs !== undefined && until === undefined) {
      const start = from === undefined ? now : instant(from);
      return { kind: "once", from: iso(start), until: iso(start + durationMs) };
    }
    const end = until === undefined ? null : iso(instant(until));
    return { kind: "once", from: iso(from === undefined ? now : instant(from)), until: end };
  }
  if (durationMs === undefined || from !== undefined || until !== undefined) {
    throw new UsageError("A recurring freeze takes --cron and --for, and neither --from nor --until.");
  }
  return { kind: "recurring", cron, timeZone, durationMs };
}

function instant(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError(`${JSON.stringify(text)} is no time; write 2026-12-23T12:00:00Z.`);
  return ms;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

async function findFreeze(context: Context, reference: string): Promise<FreezeView> {
  const { items } = await context.client().freezes.list();
  const matching = reference === "" ? [] : items.filter(({ id }) => id.startsWith(reference));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  throw new UsageError(`${matching.length} freezes have the id ${JSON.stringify(reference)}.`, "gantry freeze list");
}

function placeOf({ project, environment }: FreezeView): string {
  if (project === null) return "The organization";
  return environment === null ? `Project ${project}` : `${project}/${environment}`;
}

function windowOf({ window }: FreezeView): string {
  if (window === null) return "in no window to come";
  const end = window.until === null ? "until somebody ends it" : `until ${absolute(window.until)}`;
  return window.open ? end : `from ${absolute(window.from)} ${end}`;
}

function timesText({ times }: FreezeView): string {
  return times.kind === "once" ? "once" : `${times.cron} (${times.timeZone}) for ${duration(times.durationMs)}`;
}

const columns: Column<FreezeView>[] = [
  { title: "FREEZE", text: ({ id }) => id, give: 2, whole: true },
  { title: "OF", text: placeOf },
  { title: "WINDOW", text: windowOf },
  { title: "TIMES", text: timesText, give: 4 },
  { title: "BY", text: ({ actor }) => safeLine(actor.name), give: 3 },
  { title: "REASON", text: ({ reason }) => safeLine(reason), give: 1 },
];

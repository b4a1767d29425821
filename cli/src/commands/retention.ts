import { Option, type Command } from "commander";
import { RetentionKind, type HoldView, type RetentionPreview, type RetentionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { renderPairs } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { example, reasonOption } from "./options.ts";

/** `gantry retention` and `gantry hold`: how long ended runs and other data are kept, and which runs are kept whatever that says. */
export function retentionCommands(program: Command, act: Act): void {
  const retention = program.command("retention").description("How long runs and other data are kept.");

  act(
    retention.command("show").description("What holds for this organization."),
    async ({ client, json, terminal }) => {
      const view = await client().retention.get();
      if (json) return terminal.json(view);
      terminal.data(renderPairs(pairsOf(view), { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
    },
  );

  const set = retention
    .command("set")
    .argument("<days>", "a whole number of days, never, or default")
    .description(
      "Archive and purge runs so many days after their end, or another kind of data; never keeps it, default is what holds unless set.",
    )
    .addOption(new Option("-k, --kind <kind>", "of what, instead of runs").choices(RetentionKind.options));
  example(set, "gantry retention set 365", "gantry retention set never", "gantry retention set 400 --kind audit");
  act<{ kind?: RetentionKind }>(set, async ({ client, json, terminal }, { parameters: [text = ""], options }) => {
    const days = readDays(text);
    const { kind } = options;
    const view = kind === undefined ? await client().retention.set(days) : await client().retention.setKind(kind, days);
    if (json) terminal.json(view);
    else if (kind === undefined) terminal.say(`Runs are kept ${keptFor(view)}.`);
    else terminal.say(`${kind} are kept ${view.keepDays === null ? "for ever" : `for ${view.keepDays} days`}.`);
  });

  const preview = retention
    .command("preview")
    .description("What would be removed now, counted; nothing is. With a kind and days, by such a rule.")
    .addOption(new Option("-k, --kind <kind>", "only this one").choices(["runs", ...RetentionKind.options]))
    .option("--days <days>", "as if it were kept for so many days; with --kind");
  example(preview, "gantry retention preview", "gantry retention preview --kind logs --days 30");
  act<{ kind?: "runs" | RetentionKind; days?: string }>(preview, async (context, { options: { kind, days } }) => {
    if (days !== undefined && (kind === undefined || !/^[1-9]\d{0,4}$/.test(days)))
      throw new UsageError(
        "--days takes a whole number and goes with --kind.",
        "gantry retention preview --kind logs --days 30",
      );
    const { items } = await context.client().retention.preview({
      ...(kind === undefined ? {} : { kind }),
      ...(days === undefined ? {} : { keepDays: days }),
    });
    printList(context, items, previewColumns, "Nothing has a rule.");
  });

  const hold = program.command("hold").description("Runs that are kept however old they get.");

  act(hold.command("list").description("Runs that are held."), async (context) => {
    const { items } = await context.client().holds.list();
    printList(context, items, columns, "No run is held.");
  });

  const add = hold
    .command("add")
    .argument("<run>")
    .description("Hold a run: it is neither archived nor purged.")
    .addOption(reasonOption().makeOptionMandatory());
  example(add, 'gantry hold add 0198c2f4 --reason "Audit of November"');
  act<{ reason: string }>(add, async ({ client, json, terminal }, { parameters: [reference = ""], options }) => {
    const run = await findRun(client(), reference);
    await client().holds.put(run, options.reason);
    if (json) terminal.json({ held: run });
    else terminal.say(`Run ${run} is held.`);
  });

  const remove = hold.command("remove").argument("<run>").description("End the hold of a run.");
  act(remove, async ({ client, json, terminal }, { parameters: [reference = ""] }) => {
    const run = await findRun(client(), reference);
    await client().holds.remove(run);
    if (json) terminal.json({ released: run });
    else terminal.say(`Run ${run} is held no more.`);
  });
}

function readDays(text: string): number | "never" | "default" {
  if (text === "never" || text === "default") return text;
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 36_500)
    throw new UsageError("Write a number of days from 1 to 36500, never, or default.", "gantry retention set 365");
  return Number(text);
}

function keptFor({ keepDays }: Pick<RetentionView, "keepDays">): string {
  return keepDays === null ? "for ever" : `for ${keepDays} days after their end`;
}

function pairsOf(view: RetentionView): [string, string][] {
  const { setBy, setAt, own, undoDays, keepDays, purged, kinds } = view;
  const by = own
    ? `${safeLine(setBy?.name ?? "")}, ${setAt === null ? "" : absolute(setAt)}`
    : "the installation's default";
  return [
    ["runs are kept", keptFor(view)],
    ["set by", by],
    ["what can be undone", keepDays === null ? "" : `for ${undoDays} days at least`],
    ["purged so far", `${purged.runs} runs, ${purged.events} events`],
    ...kinds.map(({ kind, keepDays: days, own: isOwn, minimumDays }): [string, string] => [
      kind,
      `${days === null ? "for ever" : `for ${days} days`}${isOwn ? "" : " (default)"}, at least ${minimumDays}`,
    ]),
  ];
}

const previewColumns: Column<RetentionPreview["items"][number]>[] = [
  { title: "KIND", text: ({ kind }) => kind },
  { title: "KEPT", text: ({ keepDays }) => (keepDays === null ? "for ever" : `${keepDays} days`) },
  { title: "WOULD GO", text: ({ count, more }) => `${count}${more ? " or more" : ""}` },
];

const columns: Column<HoldView>[] = [
  { title: "RUN", text: ({ run }) => run, give: 1 },
  { title: "GOAL", text: ({ goal }) => safeLine(goal), give: 3 },
  { title: "SINCE", text: ({ at }) => absolute(at) },
  { title: "BY", text: ({ actor }) => safeLine(actor.name), give: 2 },
  { title: "REASON", text: ({ reason }) => safeLine(reason), give: 4 },
];

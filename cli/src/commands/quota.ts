import { Argument, type Command } from "commander";
import { QuotaKind, type QuotaView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { example } from "./options.ts";

/** `gantry quota`: how much an organization or a project may have; what is submitted past it is refused. */
export function quotaCommands(program: Command, act: Act): void {
  const quota = program.command("quota").description("Quotas of the organization and its projects.");

  act(quota.command("list").description("Quotas, and how much is used."), async (context) => {
    const { items } = await context.client().quotas.list();
    printList(context, items, columns, "No quotas. Set one:  gantry quota set runs-at-once 100");
  });

  const set = quota
    .command("set")
    .addArgument(new Argument("<quota>", "what is counted").choices(QuotaKind.options.map(wordOf)))
    .argument("<limit>", "a whole number, or none")
    .description("Set a quota, or remove it with none. Runs past it are refused when they are submitted.")
    .option("--project <name>", "of this project; of the organization unless told");
  example(set, "gantry quota set runs-at-once 100", "gantry quota set submissions-per-hour none --project shop");
  act<{ project?: string }>(set, async (context, { parameters: [word = "", text = ""], options }) => {
    const kind = QuotaKind.parse(word.replaceAll("-", "_"));
    const limit = readLimit(text);
    const { project } = options;
    const { items } = await context.client().quotas.set(kind, { limit, ...(project === undefined ? {} : { project }) });
    if (context.json) return context.terminal.json(items);
    const of = project === undefined ? "the organization" : `project ${project}`;
    context.terminal.say(limit === null ? `Removed ${word} of ${of}.` : `Set ${word} of ${of} to ${limit}.`);
  });
}

function readLimit(text: string): number | null {
  if (text === "none") return null;
  if (!/^\d{1,15}$/.test(text))
    throw new UsageError("The limit is a whole number, or none.", "gantry quota set runs-at-once 100");
  return Number(text);
}

function wordOf(kind: QuotaKind): string {
  return kind.replaceAll("_", "-");
}

const columns: Column<QuotaView>[] = [
  { title: "QUOTA", text: ({ kind }) => wordOf(kind) },
  { title: "OF", text: ({ project }) => (project === null ? "the organization" : `project ${project}`), give: 1 },
  { title: "LIMIT", text: ({ limit }) => String(limit) },
  { title: "USED", text: ({ current }) => (current === null ? "" : String(current)) },
];

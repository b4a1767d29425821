import { Option, type Command } from "commander";
import { QueueGroup, type QueueItem } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { showList } from "../print-list.ts";
import { shortIds } from "../render/short-id.ts";
import type { Column } from "../render/table.ts";
import { relative } from "../render/time.ts";
import { example, watchOption } from "./options.ts";

interface QueueOptions {
  group?: QueueGroup;
  project?: string;
  environment?: string;
  sort: "age" | "priority" | "line";
  watch?: boolean;
}

/** `gantry queue`: what hasn't ended, for what it waits, and who can end that. */
export function queueCommands(program: Command, act: Act): void {
  const queue = program
    .command("queue")
    .description("Runs that haven't ended: since when, for what they wait, and who can end it.")
    .addOption(new Option("--group <group>", "only these").choices(QueueGroup.options))
    .option("--project <name>", "only of this project")
    .option("-e, --environment <name>", "only in this environment")
    .addOption(new Option("--sort <by>", "what comes first").choices(["age", "priority", "line"]).default("age"))
    .addOption(watchOption());
  example(queue, "gantry queue --group waiting", "gantry queue --sort line --watch");
  act<QueueOptions>(queue, (context, { options }) => {
    const { watch, ...query } = options;
    const load = async (signal?: AbortSignal): Promise<QueueItem[]> => {
      const page = (cursor: string | undefined) =>
        context.client().queue.list({ ...query, limit: 200, cursor }, signal && { signal });
      const found: QueueItem[] = [];
      for await (const one of allItems(page)) found.push(one);
      return found;
    };
    return showList(
      context,
      {
        name: "queue",
        load,
        idOf: ({ id }) => id,
        columns: (items) => columnsOf(context, items),
        whenEmpty: "Nothing is under way. Start something:  gantry run <runbook> -e dev",
        markOf: ({ status, group, waiting }) => ({ status, group, waiting }),
      },
      watch === true ? { watch } : {},
    );
  });
}

function columnsOf({ now }: Context, items: readonly QueueItem[]): Column<QueueItem>[] {
  const short = shortIds(items.map(({ id }) => id));
  return [
    { title: "RUN", text: ({ id }) => id, short: ({ id }) => short(id) },
    { title: "STATUS", text: ({ status }) => status },
    { title: "SINCE", text: ({ since }) => since, short: ({ since }) => relative(since, now()) },
    { title: "ENVIRONMENT", text: ({ environment }) => environment, give: 2 },
    { title: "FOR", text: whatOf, give: 3 },
    { title: "WHO CAN END IT", text: ({ waiting }) => waiting?.who ?? "", give: 1 },
    { title: "PRIORITY", text: ({ priority }) => String(priority), give: 5 },
    { title: "GOAL", text: ({ goal }) => goal, give: 4 },
  ];
}

/** The steps that run, the place in line, or what it waits for. */
function whatOf({ steps, waiting, place, pool }: QueueItem): string {
  if (steps.length > 0) return steps.map(({ title }) => title).join(", ");
  if (place !== null) return `a worker of pool ${pool}, place ${place}`;
  return waiting === null ? "" : `${waiting.on}: ${waiting.detail}`;
}

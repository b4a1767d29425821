import type { Command } from "commander";
import type { LimitView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { parseDuration } from "../render/time.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

interface SetOptions extends PlaceOptions {
  tool?: string;
  connection?: string;
}

/** `gantry limit`: how often, and how many at once, attempts use a tool or a connection. */
export function limitCommands(program: Command, act: Act): void {
  const limit = program.command("limit").description("Limits of rate and concurrency.");

  const set = placed(limit.command("set").argument("<limit>", "10/1s, 300/1m: so many per time; 4: so many at once"))
    .description("Limit attempts with a tool, on a connection, or with a tool on a connection.")
    .option("--tool <name>", "of this tool, such as terraform.apply")
    .option("--connection <name>", "on this connection");
  example(set, "gantry limit set 10/1s --connection hub", "gantry limit set 1 --tool terraform.apply --project shop");
  act<SetOptions>(set, async (context, { parameters: [text = ""], options }) => {
    const { tool, connection } = options;
    if (tool === undefined && connection === undefined)
      throw new UsageError(
        "A limit of what? Name a tool, a connection, or both.",
        `gantry limit set ${text} --connection hub`,
      );
    const place = readPlace(options, "limit set");
    const of = { ...(tool === undefined ? {} : { tool }), ...(connection === undefined ? {} : { connection }) };
    const stored = await context.client().limits.set({ ...readLimit(text), ...of, ...place });
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`Set the ${stored.what}, for ${placeWord(stored)}.`);
  });

  act(limit.command("list").description("Limits, what is in use, and how many runs wait."), async (context) => {
    const { items } = await context.client().limits.list();
    printList(context, items, columns, "No limits. Set one:  gantry limit set 10/1s --connection <name>");
  });

  act(
    limit
      .command("remove")
      .argument("<id>", "as `gantry limit list` shows it")
      .description("Remove a limit; who waits for it goes on."),
    async (context, { parameters: [id = ""] }) => {
      const client = context.client();
      const { items } = await client.limits.list();
      const matching = items.filter((one) => one.id.startsWith(id) || one.id.endsWith(id));
      const [only] = matching;
      if (only === undefined || matching.length > 1)
        throw new UsageError(
          `${matching.length} limits have an id that begins or ends with ${JSON.stringify(id)}.`,
          "gantry limit list",
        );
      await client.limits.remove(only.id);
      if (context.json) context.terminal.json({ removed: only.id });
      else context.terminal.say(`Removed the ${only.what}.`);
    },
  );
}

/** `10/1s` or `4`. @throws {UsageError} */
function readLimit(text: string): { kind: "rate" | "concurrency"; amount: number; perMs?: number } {
  const [, amount = "", stretch] = /^(\d{1,7})(?:\/(.+))?$/.exec(text) ?? [];
  const perMs = stretch === undefined ? undefined : parseDuration(/^\d/.test(stretch) ? stretch : `1${stretch}`);
  if (amount === "" || Number(amount) === 0 || (stretch !== undefined && (perMs === undefined || perMs < 1)))
    throw new UsageError("Write a limit like 10/1s or 300/1m (so many per time), or 4 (so many at once).");
  return perMs === undefined
    ? { kind: "concurrency", amount: Number(amount) }
    : { kind: "rate", amount: Number(amount), perMs: Math.round(perMs) };
}

const columns: Column<LimitView>[] = [
  { title: "ID", text: ({ id }) => id, short: ({ id }) => id.slice(-8), give: 4, whole: true },
  { title: "LIMIT", text: ({ what }) => what },
  { title: "OF", text: placeWord, give: 3 },
  { title: "IN USE", text: ({ inUse }) => String(inUse), give: 2 },
  { title: "WAITING", text: ({ waiting }) => String(waiting), give: 1 },
];

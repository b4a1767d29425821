import { InvalidArgumentError, Option, type Command } from "commander";
import type { ConnectionCheck, ConnectionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

interface AddOptions extends PlaceOptions {
  kind: string;
  set?: Record<string, string>;
  secret?: Record<string, string>;
}

/** `gantry connection`: how tools reach things. */
export function connectionCommands(program: Command, act: Act): void {
  const connection = program.command("connection").description("How tools reach things; the nearest wins.");

  const add = placed(connection.command("add").argument("<name>", "as tools declare it"))
    .description("Add a connection, or replace the one of that name at that place.")
    .requiredOption("--kind <kind>", "what it leads to: cluster, registry, host-group, …")
    .addOption(new Option("-s, --set <key=value>", "a setting; may be repeated").argParser(readPair))
    .addOption(
      new Option("--secret <use=name>", "a credential: the name of a stored secret; may be repeated").argParser(
        readPair,
      ),
    );
  example(
    add,
    "gantry connection add hub --kind registry --set url=https://hub.internal --secret token=hub-token",
    "gantry connection add cluster --kind cluster --set context=prod --project shop -e prod",
  );
  act<AddOptions>(add, async (context, { parameters: [name = ""], options }) => {
    const { kind, set = {}, secret = {} } = options;
    const place = readPlace(options, "connection add");
    const stored = await context.client().connections.put(name, { kind, settings: set, secrets: secret }, place);
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`Added ${stored.name} (${stored.kind}) for ${placeWord(stored)}.`);
  });

  act(connection.command("list").description("Connections, by name and place."), async (context) => {
    const { items } = await context.client().connections.list();
    printList(context, items, columns, "No connections. Add one:  gantry connection add <name> --kind <kind>");
  });

  act<PlaceOptions>(
    placed(connection.command("show").argument("<name>")).description("The connection that a run there gets."),
    async (context, { parameters: [name = ""], options }) => {
      const { terminal, json } = context;
      const view = await context.client().connections.get(name, readPlace(options, "connection show"));
      if (json) return terminal.json(view);
      terminal.data(`${view.name}: ${view.kind}, of ${placeWord(view)}`);
      for (const [key, value] of Object.entries(view.settings)) terminal.data(`  ${safeLine(key)}  ${safeLine(value)}`);
      for (const [use, secret] of Object.entries(view.secrets))
        terminal.data(`  ${safeLine(use)}  secret ${safeLine(secret)}`);
      terminal.data(`  set by ${safeLine(view.actor)} at ${absolute(view.updatedAt)}`);
    },
  );

  const test = placed(connection.command("test").argument("<name>")).description(
    "Go where the connection that a run there gets leads to, as its kind can. Ends with 1 when that fails.",
  );
  example(test, "gantry connection test hub", "gantry connection test hub --project shop -e staging");
  act<PlaceOptions>(test, async (context, { parameters: [name = ""], options }) => {
    const { terminal } = context;
    const result = await context.client().connections.test(name, readPlace(options, "connection test"));
    if (context.json) terminal.json(result);
    else {
      printList(context, result.checks, checkColumns, "It has nothing that could be tried.");
      terminal.say(`${outcomes[result.outcome]} (${placeWord(result.connection)}, ${result.ms} ms)`);
    }
    return result.outcome === "failed" ? "failed" : "ok";
  });

  act<PlaceOptions>(
    placed(connection.command("remove").argument("<name>")).description("Remove a connection of one place."),
    async (context, { parameters: [name = ""], options }) => {
      await context.client().connections.remove(name, readPlace(options, "connection remove"));
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );
}

function readPair(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it like key=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

const outcomes = {
  reached: "It was reached.",
  failed: "It can't be used as it is.",
  untried: "There was nothing to go to: only its secrets were looked at.",
} as const;

const checkColumns: Column<ConnectionCheck>[] = [
  { title: "CHECK", text: ({ what }) => what },
  { title: "OUTCOME", text: ({ outcome }) => outcome },
  { title: "FOUND", text: ({ message }) => message, give: 1 },
];

const columns: Column<ConnectionView>[] = [
  { title: "CONNECTION", text: ({ name }) => name },
  { title: "KIND", text: ({ kind }) => kind },
  { title: "OF", text: placeWord, give: 1 },
  {
    title: "SETTINGS",
    text: ({ settings }) =>
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}`)
        .join(" "),
    give: 2,
  },
];

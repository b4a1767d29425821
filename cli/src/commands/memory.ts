import { Option, type Command } from "commander";
import { MemoryKind, type MemoryView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

/** `gantry memory`: what is noted for agents that think. */
export function memoryCommands(program: Command, act: Act): void {
  const memory = program.command("memory").description("What is noted of projects, for agents that think.");

  const list = placed(memory.command("list"))
    .description("What is noted, pinned first, then the newest; of a place what agents there get.")
    .option("--search <text>", "only notes with this text");
  example(list, "gantry memory list", "gantry memory list --project shop -e prod --search database");
  act<PlaceOptions & { search?: string }>(list, async (context, { options }) => {
    const { search } = options;
    const place = readPlace(options, "memory list");
    const { items } = await context.client().memories.list({ ...place, ...(search === undefined ? {} : { search }) });
    printList(
      context,
      items,
      columns,
      'Nothing is noted. Note something:  gantry memory add "Releases are on Tuesdays."',
    );
  });

  const show = memory.command("show").argument("<memory>", "id, or its beginning");
  example(show, "gantry memory show 0198c2f4");
  act(show.description("A note with where it is from."), async (context, { parameters: [id = ""] }) => {
    const found = await find(context, id);
    if (context.json) return context.terminal.json(found);
    context.terminal.data(safeLine(found.text));
    for (const line of about(found)) context.terminal.say(line);
  });

  const add = memory
    .command("add")
    .argument("<text>", "a sentence or two")
    .description("Note something; you vouch for it, so prompts state it as a fact.")
    .option("--project <name>", "of this project", "default")
    .option("-e, --environment <name>", "only of this environment of the project")
    .addOption(new Option("--kind <kind>", "what it says").choices(MemoryKind.options).default("fact"));
  example(add, 'gantry memory add "Releases are on Tuesdays." --kind preference');
  act<PlaceOptions & { kind: MemoryKind }>(add, async (context, { parameters: [text = ""], options }) => {
    const { project, environment, kind } = options;
    const stored = await context.client().memories.add({
      text,
      kind,
      ...(project === undefined ? {} : { project }),
      ...(environment === undefined ? {} : { environment }),
    });
    if (context.json) return context.terminal.json(stored);
    context.terminal.say(`Noted for ${placeWord(stored)}.`);
    context.terminal.data(stored.id);
  });

  const pin = memory
    .command("pin")
    .argument("<memory>", "id, or its beginning")
    .description("Vouch for a note: agents are told it as a fact, and it doesn't age.")
    .option("--off", "take that back");
  example(pin, "gantry memory pin 0198c2f4", "gantry memory pin 0198c2f4 --off");
  act<{ off?: boolean }>(pin, async (context, { parameters: [id = ""], options }) => {
    const pinned = options.off !== true;
    const stored = await context.client().memories.pin((await find(context, id)).id, pinned);
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`${pinned ? "Pinned" : "No longer pinned"}: ${safeLine(stored.text)}`);
  });

  const forget = memory
    .command("forget")
    .argument("<memory>", "id, or its beginning")
    .description("Remove a note for good.");
  example(forget, "gantry memory forget 0198c2f4");
  act(forget, async (context, { parameters: [id = ""] }) => {
    const found = await find(context, id);
    await context.client().memories.forget(found.id);
    if (context.json) context.terminal.json({ forgotten: found.id });
    else context.terminal.say(`Forgotten: ${safeLine(found.text)}`);
  });
}

/** @throws {UsageError} when there is none, or more than one */
async function find(context: Context, reference: string): Promise<MemoryView> {
  const { items } = await context.client().memories.list();
  const found = items.filter(({ id }) => reference !== "" && id.startsWith(reference));
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  const what = one === undefined ? "There is no note" : "There are several notes";
  throw new UsageError(`${what} with the id ${JSON.stringify(reference)}.`, "gantry memory list");
}

function about(one: MemoryView): string[] {
  const from =
    one.agent === null ? one.actor.name : `agent ${one.agent}${one.run === null ? "" : ` in run ${one.run}`}`;
  const vouching =
    one.pinnedBy === null
      ? one.vouched
        ? "It is stated in prompts."
        : `Nobody vouches for it: it is from ${one.tainted.join(", ")}. Agents may look it up. Vouch for it:  gantry memory pin ${one.id}`
      : `Pinned by ${one.pinnedBy.name}.`;
  return [
    `Of ${placeWord(one)}; a ${one.kind}, noted by ${from} at ${absolute(one.updatedAt)}.`,
    ...(one.source === null ? [] : [`From ${one.source}.`]),
    vouching,
  ].map(safeLine);
}

const columns: Column<MemoryView>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "OF", text: placeWord, give: 2 },
  { title: "KIND", text: ({ kind }) => kind },
  { title: "STATED", text: ({ pinnedBy, vouched }) => (pinnedBy === null ? (vouched ? "yes" : "no") : "pinned") },
  { title: "NOTE", text: ({ text }) => text, give: 1 },
];

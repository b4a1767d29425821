import type { Command } from "commander";
import type { VariableView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

/** `gantry variable`: plain values that runbooks read when a plan is made. */
export function variableCommands(program: Command, act: Act): void {
  const variable = program.command("variable").description("Plain values for runbooks; the nearest wins.");

  const set = placed(variable.command("set").argument("<name>").argument("<value>")).description(
    "Set a variable of the organization, a project or an environment. Plans that were made keep the value before.",
  );
  example(
    set,
    "gantry variable set region eu-central-1",
    "gantry variable set region us-east-1 --project default -e prod",
  );
  act<PlaceOptions>(set, async (context, { parameters: [name = "", value = ""], options }) => {
    const stored = await context.client().variables.put(name, value, readPlace(options, "variable set"));
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`Set ${stored.name} of ${placeWord(stored)}.`);
  });

  act<PlaceOptions>(
    placed(variable.command("list")).description("All variables; of a place those that a plan there gets."),
    async (context, { options }) => {
      const { items } = await context.client().variables.list(readPlace(options, "variable list"));
      printList(context, items, columns, "No variables. Set one:  gantry variable set region eu-central-1");
    },
  );

  act<PlaceOptions>(
    placed(variable.command("get").argument("<name>")).description("The value that a plan there gets."),
    async (context, { parameters: [name = ""], options }) => {
      const view = await context.client().variables.get(name, readPlace(options, "variable get"));
      if (context.json) return context.terminal.json(view);
      context.terminal.data(safeLine(view.value));
      context.terminal.say(`Of ${placeWord(view)}, set by ${safeLine(view.actor)} at ${absolute(view.updatedAt)}.`);
    },
  );

  act<PlaceOptions>(
    placed(variable.command("remove").argument("<name>")).description("Remove a variable of one place."),
    async (context, { parameters: [name = ""], options }) => {
      await context.client().variables.remove(name, readPlace(options, "variable remove"));
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );
}

const columns: Column<VariableView>[] = [
  { title: "VARIABLE", text: ({ name }) => name },
  { title: "OF", text: placeWord, give: 2 },
  { title: "VALUE", text: ({ value }) => value, give: 1 },
];

import type { ConfigurationView } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import type { Column } from "./table.ts";
import { safeLine } from "./safe-text.ts";

type Setting = ConfigurationView["settings"][number];

/** What a server was told, and why. Secrets come without their value. */
export function printServerConfiguration(context: Context, view: ConfigurationView): void {
  const { terminal, json } = context;
  if (json) {
    terminal.json(view);
    return;
  }
  // What nobody set and has no default says nothing.
  const said = view.settings.filter(({ value, source }) => source !== "default" || (value !== null && value !== ""));
  printList(context, said, columns, "Nothing is set.");
  for (const warning of view.warnings) terminal.say(`${terminal.paint("yellow", "warning:")} ${safeLine(warning)}`);
}

const columns: Column<Setting>[] = [
  { title: "VARIABLE", text: ({ name }) => name },
  { title: "VALUE", text: ({ value, secret }) => (secret ? "(secret)" : (value ?? "")), give: 1 },
  { title: "FROM", text: ({ origin }) => origin, give: 2 },
];

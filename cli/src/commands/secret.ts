import { text as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import type { SecretView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { askSecret } from "../prompt.ts";
import { example } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

/** `gantry secret`: values that tools get and nobody can read back. */
export function secretCommands(program: Command, act: Act): void {
  const secret = program.command("secret").description("Secrets of the organization, a project or an environment.");

  const set = placed(secret.command("set").argument("<name>")).description(
    "Store a secret. The value is read from stdin, or asked for on a terminal; never from the command line.",
  );
  example(set, "gantry secret set registry-token < token", "gantry secret set db-password --project shop -e staging");
  act<PlaceOptions>(set, async (context, { parameters: [name = ""], options }) => {
    const scope = readPlace(options, "secret");
    const value = await readSecret(context, name);
    const stored = await context.client().secrets.put(name, value, scope);
    if (context.json) context.terminal.json(stored);
    else context.terminal.say(`Stored ${stored.name}, version ${stored.version}, for ${placeWord(stored)}.`);
  });

  act<PlaceOptions>(
    placed(secret.command("list")).description("Secrets of one scope, without their values."),
    async (context, { options }) => {
      const client = context.client();
      const scope = readPlace(options, "secret");
      const { items } = await client.secrets.list(scope);
      printList(context, items, columns, "No secrets there. Store one:  gantry secret set <name>");
    },
  );

  act<PlaceOptions>(
    placed(secret.command("rm").argument("<name>")).description("Delete a secret with all its versions."),
    async (context, { parameters: [name = ""], options }) => {
      await context.client().secrets.delete(name, readPlace(options, "secret"));
      if (context.json) context.terminal.json({ deleted: name });
      else context.terminal.say(`Deleted ${name}.`);
    },
  );
}

/** One line end at the end is the shell's, not the secret's. */
async function readSecret(context: Context, name: string): Promise<string> {
  const value = context.stdin.isTTY
    ? await askSecret(context, `Value of ${name}:`, `gantry secret set ${name} < file`)
    : (await readAll(context.stdin)).replace(/\r?\n$/, "");
  if (value === "") throw new UsageError(`The value of ${name} is empty.`, `gantry secret set ${name} < file`);
  return value;
}

const columns: Column<SecretView>[] = [
  { title: "SECRET", text: ({ name }) => name },
  { title: "OF", text: placeWord, give: 1 },
  { title: "VERSION", text: ({ version }) => String(version), give: 3 },
  { title: "UPDATED", text: ({ updatedAt }) => updatedAt, short: ({ updatedAt }) => absolute(updatedAt), give: 2 },
];

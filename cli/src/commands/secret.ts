import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import type { SecretVersionView, SecretView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { FileUnreadableError, UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { askSecret } from "../prompt.ts";
import { example, readWhole } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

/** `gantry secret`: values that tools get and nobody can read back. */
export function secretCommands(program: Command, act: Act): void {
  const secret = program.command("secret").description("Secrets of the organization, a project or an environment.");

  const set = placed(secret.command("set").argument("<name>"))
    .option("--from-file <path>", "read the value from this file")
    .option("--rotate-by <date>", "when it ought to be replaced, as 2027-01-31; `secret list` and `doctor` warn before")
    .description(
      "Store a secret. The value is read from stdin or a file, or asked for on a terminal; never from the command line.",
    );
  example(
    set,
    "gantry secret set registry-token < token",
    "gantry secret set deploy-key --from-file key.pem --rotate-by 2027-01-31",
    "gantry secret set db-password --project shop -e staging",
  );
  act<SetOptions>(set, async (context, { parameters: [name = ""], options }) => {
    const scope = readPlace(options, "secret");
    const rotateBy = readDate(options.rotateBy);
    const value = await readSecret(context, name, options.fromFile);
    const stored = await context.client().secrets.put(name, value, { ...scope, ...(rotateBy && { rotateBy }) });
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

  const versions = placed(secret.command("versions").argument("<name>")).description(
    "Versions of a secret, without their values.",
  );
  example(versions, "gantry secret versions registry-token");
  act<PlaceOptions>(versions, async (context, { parameters: [name = ""], options }) => {
    const { items } = await context.client().secrets.versions(name, readPlace(options, "secret"));
    printList(context, items, versionColumns, "No versions.");
  });

  const restore = placed(secret.command("restore").argument("<name>"))
    .requiredOption("--to <version>", "the version that runs get from then on", readWhole(1, 1_000_000))
    .description("Put an older version of a secret back into use.");
  example(restore, "gantry secret restore registry-token --to 3");
  act<PlaceOptions & { to: number }>(restore, async (context, { parameters: [name = ""], options }) => {
    const restored = await context.client().secrets.restore(name, options.to, readPlace(options, "secret"));
    if (context.json) context.terminal.json(restored);
    else context.terminal.say(`Runs get version ${restored.version} of ${restored.name} again.`);
  });

  act<PlaceOptions>(
    placed(secret.command("rm").argument("<name>")).description("Delete a secret with all its versions."),
    async (context, { parameters: [name = ""], options }) => {
      await context.client().secrets.delete(name, readPlace(options, "secret"));
      if (context.json) context.terminal.json({ deleted: name });
      else context.terminal.say(`Deleted ${name}.`);
    },
  );
}

interface SetOptions extends PlaceOptions {
  fromFile?: string;
  rotateBy?: string;
}

function readDate(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new UsageError(`${text} isn't a date.`, "gantry secret set <name> --rotate-by 2027-01-31");
  return new Date(at).toISOString();
}

/** One line end at the end is the shell's, not the secret's. */
async function readSecret(context: Context, name: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return readValueOf(file);
  const value = context.stdin.isTTY
    ? await askSecret(context, `Value of ${name}:`, `gantry secret set ${name} < file`)
    : (await readAll(context.stdin)).replace(/\r?\n$/, "");
  if (value === "") throw new UsageError(`The value of ${name} is empty.`, `gantry secret set ${name} < file`);
  return value;
}

function readValueOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
  if (text === "") throw new UsageError(`${file} is empty.`, "gantry secret set <name> --from-file <path>");
  return text.replace(/\r?\n$/, "");
}

const columns: Column<SecretView>[] = [
  { title: "SECRET", text: ({ name }) => name },
  { title: "OF", text: placeWord, give: 1 },
  { title: "VERSION", text: ({ version }) => String(version), give: 3 },
  { title: "UPDATED", text: ({ updatedAt }) => updatedAt, short: ({ updatedAt }) => absolute(updatedAt), give: 2 },
  { title: "USED", text: ({ lastUsedAt }) => lastUsedAt ?? "never", short: usedShort, give: 4 },
  { title: "ROTATE BY", text: rotation, give: 1 },
];

const versionColumns: Column<SecretVersionView>[] = [
  { title: "VERSION", text: ({ version, current }) => `${version}${current ? " (in use)" : ""}` },
  { title: "STORED", text: ({ createdAt }) => createdAt, short: ({ createdAt }) => absolute(createdAt) },
  { title: "BY", text: ({ actor }) => actor, give: 1 },
];

function usedShort({ lastUsedAt }: SecretView): string {
  return lastUsedAt === null ? "never" : absolute(lastUsedAt);
}

/** From then on it is told that it is time to replace one. */
const noticeMs = 14 * 24 * 3_600_000;

function rotation({ rotateBy }: SecretView): string {
  if (rotateBy === null) return "";
  const left = Date.parse(rotateBy) - Date.now();
  return `${rotateBy.slice(0, 10)}${left < 0 ? " (overdue)" : left < noticeMs ? " (soon)" : ""}`;
}

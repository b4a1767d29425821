import { Option, type Command } from "commander";
import { Scope, type ApiKeyView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { findActor } from "../actor-reference.ts";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example, readDuration } from "./options.ts";

interface CreateOptions {
  actor?: string;
  name?: string;
  scope?: Scope[];
  expires?: number;
}

/** `gantry key`: API keys. */
export function keyCommands(program: Command, act: Act): void {
  const key = program.command("key").description("API keys.");

  const create = key
    .command("create")
    .description("Create a key. stdout is the only place where it ever stands.")
    .option("--actor <name or id>", "whose key; your own actor unless told")
    .option("--name <text>", "what you call it")
    .addOption(
      new Option("-s, --scope <scope>", "what it may be used for; may be repeated")
        .choices(Scope.options)
        .argParser((scope: string, before: Scope[] | undefined) => [...(before ?? []), readScope(scope)]),
    )
    .addOption(new Option("--expires <duration>", "how long it is good for: 12h, 30d, …").argParser(readDuration));
  example(
    create,
    "gantry key create --actor deploy-bot --scope read --scope run",
    "gantry key create --scope approve --expires 12h > key",
  );
  act<CreateOptions>(create, async (context, { options }) => {
    if (options.scope === undefined) {
      throw new UsageError(
        "What may the key be used for? Give one --scope or more.",
        "gantry key create --scope read --scope run",
      );
    }
    const client = context.client();
    const { terminal } = context;
    const created = await client.apiKeys.create({
      name: options.name ?? "",
      scopes: options.scope,
      expiresAt: options.expires === undefined ? null : new Date(context.now() + options.expires).toISOString(),
      ...(options.actor === undefined ? {} : { actor: await findActor(client, options.actor) }),
    });
    if (context.json) {
      terminal.json(created);
      return;
    }
    terminal.say(`Key ${created.id} of ${created.actor.name}. It can't be shown again.`);
    terminal.data(created.key);
  });

  act(key.command("list").description("Keys, newest first, without their secret part."), async (context) => {
    const client = context.client();
    const { items } = await client.apiKeys.list();
    printList(context, items, columns, "No keys.");
  });

  const rotate = key
    .command("rotate")
    .argument("<key>", "id, or prefix as `gantry key list` shows it")
    .description("Create a key in the place of another. stdout is the only place where it ever stands.")
    .addOption(
      new Option("--overlap <duration>", "how long the one before goes on: 1h unless told").argParser(readDuration),
    );
  example(rotate, "gantry key rotate gantry_32bc5002 > key", "gantry key rotate gantry_32bc5002 --overlap 24h --json");
  act<{ overlap?: number }>(rotate, async (context, { parameters: [reference = ""], options: { overlap } }) => {
    const client = context.client();
    const only = await findKey(client, reference);
    const body = overlap === undefined ? {} : { overlapSeconds: Math.round(overlap / 1_000) };
    const created = await client.apiKeys.rotate(only.id, body);
    if (context.json) {
      context.terminal.json(created);
      return;
    }
    context.terminal.say(`Key ${created.prefix} takes the place of ${only.prefix}. It can't be shown again.`);
    context.terminal.data(created.key);
  });

  const revoke = key.command("revoke").argument("<key>", "id, or prefix as `gantry key list` shows it");
  act(revoke.description("Revoke a key at once."), async (context, { parameters: [reference = ""] }) => {
    const client = context.client();
    const only = await findKey(client, reference);
    const revoked = await client.apiKeys.revoke(only.id);
    if (context.json) context.terminal.json(revoked);
    else context.terminal.say(`Key ${revoked.prefix} of ${revoked.actor.name} is revoked.`);
  });
}

/** @throws {UsageError} when none, or more than one, is called so */
async function findKey(client: Client, reference: string): Promise<ApiKeyView> {
  const { items } = await client.apiKeys.list();
  const matching = items.filter(({ id, prefix }) => id === reference || prefix === reference);
  const [only] = matching;
  if (only === undefined || matching.length > 1)
    throw new UsageError(
      `${matching.length} keys have the id or prefix ${JSON.stringify(reference)}.`,
      "gantry key list",
    );
  return only;
}

/** Choices are checked by the parser that argParser replaces. */
function readScope(text: string): Scope {
  const scope = Scope.safeParse(text);
  if (!scope.success)
    throw new UsageError(`${JSON.stringify(text)} isn't a scope; they are ${Scope.options.join(", ")}.`);
  return scope.data;
}

const columns: Column<ApiKeyView>[] = [
  { title: "KEY", text: ({ id }) => id, give: 4, whole: true },
  { title: "PREFIX", text: ({ prefix }) => prefix },
  { title: "ACTOR", text: ({ actor }) => actor.name, give: 1 },
  { title: "SCOPES", text: ({ scopes }) => scopes.join(","), give: 3 },
  { title: "STATE", text: stateOf, give: 2 },
  { title: "USED", text: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : absolute(lastUsedAt)), give: 6 },
  { title: "NAME", text: ({ name }) => name, give: 5 },
];

function stateOf({ revokedAt, expiresAt }: ApiKeyView): string {
  if (revokedAt !== null) return `revoked ${absolute(revokedAt)}`;
  return expiresAt === null ? "active" : `until ${absolute(expiresAt)}`;
}

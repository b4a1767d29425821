import { Argument, Option, type Command } from "commander";
import { Role, type RoleBindingView } from "@gantry/sdk/api";
import { findActor } from "../actor-reference.ts";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example, readDuration } from "./options.ts";
import { placed, placeWord, readPlace, type PlaceOptions } from "./place.ts";

interface HolderOptions extends PlaceOptions {
  actor?: string;
  team?: string;
}

/** `gantry role`: what actors and teams may do, and where. */
export function roleCommands(program: Command, act: Act): void {
  const role = program.command("role").description("What actors and teams may do, and where.");

  const grant = placed(
    role
      .command("grant")
      .addArgument(new Argument("<role>", "what they may do").choices(Role.options))
      .option("--actor <name or id>", "who gets it")
      .option("--team <name>", "the team whose members get it"),
  )
    .description("Give a role. Nobody gives more than they have.")
    .addOption(new Option("--expires <duration>", "how long it holds: 12h, 30d, …").argParser(readDuration));
  example(
    grant,
    "gantry role grant operator --actor deploy-bot --project shop -e staging",
    "gantry role grant approver --team payments --expires 30d",
  );
  act<HolderOptions & { expires?: number }>(grant, async (context, { parameters: [name = ""], options }) => {
    const client = context.client();
    const { actor, team, expires } = options;
    if ((actor === undefined) === (team === undefined))
      throw new UsageError("Who gets the role? Give --actor or --team.", `gantry role grant ${name} --actor <name>`);
    const made = await client.roles.grant({
      role: Role.parse(name),
      ...(actor === undefined ? {} : { actor: await findActor(client, actor) }),
      ...(team === undefined ? {} : { team }),
      ...readPlace(options, "role grant"),
      expiresAt: expires === undefined ? null : new Date(context.now() + expires).toISOString(),
    });
    if (context.json) context.terminal.json(made);
    else context.terminal.say(`${safeLine(holderOf(made))} is ${made.role} of ${placeWord(made)}${untilOf(made)}.`);
  });

  act<{ actor?: string }>(
    role
      .command("list")
      .description("Who has which role where.")
      .option("--actor <name or id>", "only theirs, those of their teams too"),
    async (context, { options }) => {
      const client = context.client();
      const query = options.actor === undefined ? {} : { actor: await findActor(client, options.actor) };
      const { items } = await client.roles.list(query);
      printList(context, items, columns, "No roles there.");
    },
  );

  const revoke = role.command("revoke").argument("<binding>", "id, as role list shows it");
  act(revoke.description("Take a role away."), async (context, { parameters: [binding = ""] }) => {
    await context.client().roles.revoke(binding);
    if (context.json) context.terminal.json({ revoked: binding });
    else context.terminal.say("Taken away.");
  });
}

function holderOf({ actor, team }: RoleBindingView): string {
  return team === null ? (actor?.name ?? "") : `team ${team.name}`;
}

function untilOf({ expiresAt }: RoleBindingView): string {
  return expiresAt === null ? "" : ` until ${absolute(expiresAt)}`;
}

const columns: Column<RoleBindingView>[] = [
  { title: "BINDING", text: ({ id }) => id, give: 3, whole: true },
  { title: "ROLE", text: ({ role }) => role },
  { title: "WHO", text: holderOf },
  { title: "OF", text: placeWord, give: 1 },
  { title: "UNTIL", text: ({ expiresAt }) => (expiresAt === null ? "" : absolute(expiresAt)), give: 2 },
];

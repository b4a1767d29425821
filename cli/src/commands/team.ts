import type { Command } from "commander";
import type { TeamView } from "@gantry/sdk/api";
import { findActor } from "../actor-reference.ts";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { example } from "./options.ts";

/** `gantry team`: people together. They get the team's roles, and approve as the group of its name. */
export function teamCommands(program: Command, act: Act): void {
  const team = program.command("team").description("Teams of the organization.");

  const create = team
    .command("create")
    .argument("<name>")
    .description("Create a team.")
    .option("--description <text>", "what it is for");
  example(create, "gantry team create payments --description 'Owns the checkout'");
  act<{ description?: string }>(create, async (context, { parameters: [name = ""], options }) => {
    const made = await context.client().teams.create({ name, description: options.description ?? "" });
    if (context.json) return context.terminal.json(made);
    context.terminal.say(`Created ${made.name}. Next:  gantry team add ${made.name} <actor>`);
  });

  act(team.command("list").description("Teams, by name."), async (context) => {
    const { items } = await context.client().teams.list();
    printList(context, items, columns, "No teams. Create one:  gantry team create payments");
  });

  act(
    team.command("show").argument("<team>").description("A team with its members."),
    async (context, { parameters: [name = ""] }) => {
      const view = await context.client().teams.get(name);
      if (context.json) return context.terminal.json(view);
      context.terminal.data(`${view.name}  ${safeLine(view.description)}`.trimEnd());
      for (const member of view.members) context.terminal.data(`  ${safeLine(member.name)}  ${member.id}`);
    },
  );

  const edit = team
    .command("edit")
    .argument("<team>")
    .description("Rename a team or describe it.")
    .option("--name <name>", "its new name")
    .option("--description <text>", "what it is for");
  example(edit, "gantry team edit payments --description 'Checkout and invoices'");
  act<{ name?: string; description?: string }>(edit, async (context, { parameters: [before = ""], options }) => {
    const { name, description } = options;
    const body = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
    const view = await context.client().teams.edit(before, body);
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`Changed ${view.name}.`);
  });

  act(
    team.command("delete").argument("<team>").description("Remove a team with its roles; its members stay."),
    async (context, { parameters: [name = ""] }) => {
      await context.client().teams.remove(name);
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );

  const add = team
    .command("add")
    .argument("<team>")
    .argument("<actor>", "name or id")
    .description("Add somebody to a team.");
  example(add, "gantry team add payments 'Release approver'");
  act(add, async (context, { parameters: [name = "", actor = ""] }) => {
    const client = context.client();
    const view = await client.teams.addMember(name, await findActor(client, actor));
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`${safeLine(actor)} is in ${view.name} now.`);
  });

  act(
    team
      .command("remove")
      .argument("<team>")
      .argument("<actor>", "name or id")
      .description("Take somebody out of a team."),
    async (context, { parameters: [name = "", actor = ""] }) => {
      const client = context.client();
      const view = await client.teams.removeMember(name, await findActor(client, actor));
      if (context.json) context.terminal.json(view);
      else context.terminal.say(`${safeLine(actor)} is no longer in ${view.name}.`);
    },
  );
}

const columns: Column<TeamView>[] = [
  { title: "TEAM", text: ({ name }) => name },
  { title: "MEMBERS", text: ({ members }) => members.map(({ name }) => name).join(", "), give: 1 },
  { title: "DESCRIPTION", text: ({ description }) => description, give: 2 },
];

import { InvalidArgumentError, Option, type Command } from "commander";
import { Role, type ActorView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { findActor } from "../actor-reference.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { safeLine } from "../render/safe-text.ts";
import { absolute } from "../render/time.ts";
import { collect, example } from "./options.ts";
import { placeWord } from "./place.ts";

interface CreateOptions {
  service?: boolean;
  group?: string[];
  role?: Role[];
}

/** `gantry actor`: people and services that act in the organization. */
export function actorCommands(program: Command, act: Act): void {
  const actor = program.command("actor").description("People and services of the organization.");

  const create = actor
    .command("create")
    .argument("<name>")
    .description("Create a person, or a service with --service.")
    .option("--service", "a program, not a person")
    .option("-g, --group <name>", "group of approvers it belongs to; may be repeated", collect)
    .addOption(
      new Option("-r, --role <role>", "what it may do in all of the organization; may be repeated")
        .choices(Role.options)
        .argParser((role: string, before: Role[] | undefined) => [...(before ?? []), readRole(role)]),
    );
  example(
    create,
    "gantry actor create 'Release approver' --group approvers",
    "gantry actor create deploy-bot --service --role operator",
  );
  act<CreateOptions>(create, async (context, { parameters: [name = ""], options }) => {
    const { terminal } = context;
    const kind = options.service === true ? "service" : "user";
    const created = await context.client().actors.create({
      name,
      kind,
      groups: options.group ?? [],
      ...(options.role === undefined ? {} : { roles: options.role }),
    });
    if (context.json) {
      terminal.json(created);
      return;
    }
    terminal.data(created.id);
    terminal.say(`Give it a key:  gantry key create --actor ${created.id} --scope read --scope run`);
  });

  act(actor.command("list").description("People and services, by name."), async (context) => {
    const client = context.client();
    const { items } = await client.actors.list();
    printList(context, items, columns, "No actors.");
  });

  act(
    actor.command("show").argument("<actor>", "name or id").description("A person or service, with its roles."),
    async (context, { parameters: [reference = ""] }) => {
      const client = context.client();
      const view = await client.actors.get(await findActor(client, reference));
      const { items: roles } = await client.roles.list({ actor: view.id });
      if (context.json) return context.terminal.json({ ...view, roles });
      const { terminal } = context;
      const state = view.disabledAt === null ? "active" : `disabled since ${absolute(view.disabledAt)}`;
      terminal.data(`${safeLine(view.name)}  ${view.id}: ${view.kind}, ${state}`);
      terminal.data(`  groups  ${view.groups.join(", ")}`.trimEnd());
      terminal.data(`  teams  ${view.teams.join(", ")}`.trimEnd());
      for (const one of roles) terminal.data(`  ${one.role} of ${placeWord(one)}`);
    },
  );

  const edit = actor
    .command("edit")
    .argument("<actor>", "name or id")
    .description("Rename an actor, or set the groups that it belongs to.")
    .option("--name <name>", "its new name")
    .option("-g, --group <name>", "group of approvers; may be repeated, and replaces those before", collect)
    .option("--no-groups", "of no group");
  example(edit, "gantry actor edit deploy-bot --group builders --group approvers");
  act<{ name?: string; group?: string[]; groups: boolean }>(
    edit,
    async (context, { parameters: [reference = ""], options }) => {
      const client = context.client();
      const groups = options.groups ? options.group : [];
      const view = await client.actors.edit(await findActor(client, reference), {
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(groups === undefined ? {} : { groups }),
      });
      if (context.json) context.terminal.json(view);
      else context.terminal.say(`${safeLine(view.name)}: groups ${view.groups.join(", ") || "none"}.`);
    },
  );

  const states = [
    ["disable", "Disable an actor: none of its keys works from then on.", "can't do anything any more"],
    ["enable", "Enable an actor again.", "may act again"],
  ] as const;
  for (const [verb, description, said] of states) {
    act(
      actor.command(verb).argument("<actor>", "name or id").description(description),
      async (context, { parameters: [reference = ""] }) => {
        const client = context.client();
        const view = await client.actors[verb](await findActor(client, reference));
        if (context.json) context.terminal.json(view);
        else context.terminal.say(`${safeLine(view.name)} ${said}.`);
      },
    );
  }
}

const columns: Column<ActorView>[] = [
  { title: "ACTOR", text: ({ id }) => id, give: 4, whole: true },
  { title: "NAME", text: ({ name }) => name },
  { title: "KIND", text: ({ kind }) => kind, give: 2 },
  { title: "GROUPS", text: ({ groups }) => groups.join(","), give: 1 },
  { title: "STATE", text: ({ disabledAt }) => (disabledAt === null ? "active" : "disabled"), give: 3 },
];

function readRole(role: string): Role {
  const found = Role.safeParse(role);
  if (!found.success) throw new InvalidArgumentError(`A role is one of ${Role.options.join(", ")}.`);
  return found.data;
}

import type { Command } from "commander";
import type { ActorView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { collect, example } from "./options.ts";

interface CreateOptions {
  service?: boolean;
  group?: string[];
}

/** `gantry actor`: people and services that act in the organization. */
export function actorCommands(program: Command, act: Act): void {
  const actor = program.command("actor").description("People and services of the organization.");

  const create = actor
    .command("create")
    .argument("<name>")
    .description("Create a person, or a service with --service.")
    .option("--service", "a program, not a person")
    .option("-g, --group <name>", "group of approvers it belongs to; may be repeated", collect);
  example(
    create,
    "gantry actor create 'Release approver' --group approvers",
    "gantry actor create deploy-bot --service",
  );
  act<CreateOptions>(create, async (context, { parameters: [name = ""], options }) => {
    const { terminal } = context;
    const kind = options.service === true ? "service" : "user";
    const created = await context.client().actors.create({ name, kind, groups: options.group ?? [] });
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
}

const columns: Column<ActorView>[] = [
  { title: "ACTOR", text: ({ id }) => id, give: 4, whole: true },
  { title: "NAME", text: ({ name }) => name },
  { title: "KIND", text: ({ kind }) => kind, give: 2 },
  { title: "GROUPS", text: ({ groups }) => groups.join(","), give: 1 },
  { title: "STATE", text: ({ disabledAt }) => (disabledAt === null ? "active" : "disabled"), give: 3 },
];

import { Option, type Command } from "commander";
import type { EnvironmentView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { example, projectOption } from "./options.ts";

interface CreateOptions {
  protection: "open" | "guarded" | "strict";
  pool: string;
}

/** `gantry environment`: targets of runs, and how they are protected. */
export function environmentCommands(program: Command, act: Act): void {
  const environment = program.command("environment").description("Targets of runs.");

  act(environment.command("list").description("Environments, by project and name."), async (context) => {
    const client = context.client();
    const { items } = await client.environments.list();
    printList(context, items, columns, "No environments. Create one:  gantry environment create staging");
  });

  const create = environment
    .command("create")
    .argument("<name>")
    .description("Create an environment of a project.")
    .addOption(projectOption())
    .addOption(
      new Option(
        "--protection <level>",
        "open: no approvals; guarded: changes need one; strict: destruction needs more",
      )
        .choices(["open", "guarded", "strict"])
        .default("guarded"),
    )
    .option("--pool <name>", "the workers that reach it", "default");
  example(create, "gantry environment create staging", "gantry environment create prod --protection strict");
  act<CreateOptions>(create, async (context, { parameters: [name = ""], options }) => {
    const { protection, pool } = options;
    const project = context.config.project.value;
    const created = await context.client().environments.create({ name, project, protection, pool });
    if (context.json) context.terminal.json(created);
    else
      context.terminal.say(`Created ${created.project}/${created.name}: ${created.protection}, pool ${created.pool}.`);
  });

  const edit = environment
    .command("edit")
    .argument("<environment>")
    .description("Change how an environment is protected, or which workers reach it.")
    .addOption(projectOption())
    .addOption(new Option("--protection <level>", "open, guarded or strict").choices(["open", "guarded", "strict"]))
    .option("--pool <name>", "the workers that reach it");
  example(edit, "gantry environment edit staging --protection strict");
  act<Partial<CreateOptions>>(edit, async (context, { parameters: [name = ""], options }) => {
    const { protection, pool } = options;
    const body = { ...(protection === undefined ? {} : { protection }), ...(pool === undefined ? {} : { pool }) };
    const view = await context.client().environments.edit(context.config.project.value, name, body);
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`${view.project}/${view.name}: ${view.protection}, pool ${view.pool}.`);
  });

  act(
    environment
      .command("remove")
      .argument("<environment>")
      .description("Remove an environment with all that belongs to it. Its runs stay in the history.")
      .addOption(projectOption()),
    async (context, { parameters: [name = ""] }) => {
      const project = context.config.project.value;
      await context.client().environments.remove(project, name);
      if (context.json) context.terminal.json({ removed: `${project}/${name}` });
      else context.terminal.say(`Removed ${project}/${name}.`);
    },
  );
}

const columns: Column<EnvironmentView>[] = [
  { title: "PROJECT", text: ({ project }) => project, give: 2 },
  { title: "ENVIRONMENT", text: ({ name }) => name },
  { title: "PROTECTION", text: ({ protection }) => protection, give: 1 },
  { title: "POOL", text: ({ pool }) => pool, give: 3 },
];

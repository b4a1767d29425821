import type { Command } from "commander";
import type { ProjectView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";

/** `gantry project`: a team's area in the organization. */
export function projectCommands(program: Command, act: Act): void {
  const project = program.command("project").description("Projects of the organization.");

  const create = project.command("create").argument("<name>").description("Create a project, without environments.");
  example(create, "gantry project create shop");
  act(create, async (context, { parameters: [name = ""] }) => {
    const made = await context.client().projects.create({ name });
    if (context.json) return context.terminal.json(made);
    context.terminal.say(`Created ${made.name}. Next:  gantry environment create dev --project ${made.name}`);
  });

  act(project.command("list").description("Projects, by name."), async (context) => {
    const { items } = await context.client().projects.list();
    printList(context, items, columns, "No projects. Create one:  gantry project create shop");
  });

  act(
    project.command("show").argument("<project>").description("A project."),
    async (context, { parameters: [name = ""] }) => {
      const view = await context.client().projects.get(name);
      if (context.json) return context.terminal.json(view);
      context.terminal.data(`${view.name}  ${view.id}`);
      context.terminal.data(`  environments  ${view.environments.join(", ")}`);
      context.terminal.data(`  runs that haven't ended  ${view.liveRuns}`);
      context.terminal.data(`  since ${absolute(view.createdAt)}`);
    },
  );

  act(
    project
      .command("rename")
      .argument("<project>")
      .argument("<name>")
      .description("Rename a project. What belongs to it stays."),
    async (context, { parameters: [before = "", name = ""] }) => {
      const view = await context.client().projects.rename(before, name);
      if (context.json) context.terminal.json(view);
      else context.terminal.say(`${before} is called ${view.name} now.`);
    },
  );

  act(
    project
      .command("remove")
      .argument("<project>")
      .description("Remove a project with all that belongs to it. Its runs stay in the history."),
    async (context, { parameters: [name = ""] }) => {
      await context.client().projects.remove(name);
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );
}

const columns: Column<ProjectView>[] = [
  { title: "PROJECT", text: ({ name }) => name },
  { title: "ENVIRONMENTS", text: ({ environments }) => environments.join(","), give: 1 },
  { title: "LIVE RUNS", text: ({ liveRuns }) => String(liveRuns), give: 2 },
];

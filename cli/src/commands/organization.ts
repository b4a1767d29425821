import type { Command } from "commander";
import type { OrganizationView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { ask } from "../prompt.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";
import { showReceipt } from "./receipt.ts";

/** `gantry organization`: the isolation boundary: who is in one sees nothing of the others. */
export function organizationCommands(program: Command, act: Act): void {
  const organization = program.command("organization").description("Organizations of this installation, and yours.");

  const create = organization
    .command("create")
    .argument("<name>")
    .description("Create an organization with an owner. stdout is the only place where the owner's key ever stands.")
    .option("--owner <name>", "what its owner is called there; you unless told");
  example(create, "gantry organization create 'Second shop' --owner 'shop owner' > key");
  act<{ owner?: string }>(create, async (context, { parameters: [name = ""], options }) => {
    const { owner } = options;
    const made = await context.client().organizations.create({ name, ...(owner === undefined ? {} : { owner }) });
    if (context.json) return context.terminal.json(made);
    context.terminal.say(`Created ${safeLine(made.name)}, owned by ${safeLine(made.owner.name)}. Their key:`);
    context.terminal.data(made.key);
  });

  act(
    organization.command("list").description("Organizations that you belong to, or all of them."),
    async (context) => {
      const { items } = await context.client().organizations.list();
      printList(context, items, columns, "No organizations.");
    },
  );

  act(organization.command("show").description("Your organization with its quotas."), async (context) => {
    const client = context.client();
    const view = await client.organizations.get((await client.me.get()).organization.id);
    if (context.json) return context.terminal.json(view);
    const { terminal } = context;
    terminal.data(`${safeLine(view.name)}  ${view.id}`);
    terminal.data(`  ${view.projects} projects, ${view.actors} actors, ${view.liveRuns} runs that haven't ended`);
    for (const { kind, project, limit, current } of view.quotas) {
      const of = project === null ? "" : ` of project ${project}`;
      terminal.data(`  ${kind.replaceAll("_", " ")}${of}: ${current === null ? "" : `${current} of `}${limit}`);
    }
  });

  const rename = organization.command("rename").argument("<name>").description("Rename your organization.");
  act(rename, async (context, { parameters: [name = ""] }) => {
    const client = context.client();
    const view = await client.organizations.rename((await client.me.get()).organization.id, name);
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`It is called ${safeLine(view.name)} now.`);
  });

  const remove = organization
    .command("delete")
    .description(
      "Erase your organization: every key ends at once, all data once its runs have ended. stdout is the receipt's token.",
    )
    .option("--confirm <name>", "the organization's name, typed; asked for on a terminal")
    .option("--cancel", "cancel runs that haven't ended");
  example(remove, "gantry organization delete --confirm 'Second shop' --cancel");
  act<{ confirm?: string; cancel?: boolean }>(remove, async (context, { options }) => {
    const client = context.client();
    const own = (await client.me.get()).organization;
    const question = `This erases everything of ${own.name}, for ever. Type its name:`;
    const confirm = options.confirm ?? (await ask(context, question, "gantry organization delete --confirm <name>"));
    const cancel = options.cancel === true ? { cancel: "true" } : {};
    const { organization: view, receipt } = await client.organizations.remove(own.id, { confirm, ...cancel });
    if (context.json) return context.terminal.json({ organization: view, receipt });
    context.terminal.say(
      `${safeLine(view.name)} is being erased. See how far it is:  gantry organization receipt ${receipt}`,
    );
    context.terminal.data(receipt);
  });

  const receipt = organization
    .command("receipt")
    .argument("[token]", "what delete printed; without it all receipts, for the installation's administrator")
    .description("What was erased with an organization, signed.");
  example(receipt, "gantry organization receipt Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0");
  act(receipt, async (context, { parameters: [token] }) => showReceipt(context, token));
}

const columns: Column<OrganizationView>[] = [
  { title: "ORGANIZATION", text: ({ id }) => id, give: 3, whole: true },
  { title: "NAME", text: ({ name }) => name },
  { title: "STATE", text: ({ state }) => state, give: 1 },
  { title: "SINCE", text: ({ createdAt }) => createdAt, short: ({ createdAt }) => absolute(createdAt), give: 2 },
];

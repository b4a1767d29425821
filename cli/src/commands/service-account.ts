import { Option, type Command } from "commander";
import { RoleName, type ServiceAccountView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { collect, example } from "./options.ts";

/** `gantry service-account`: accounts of programs. */
export function serviceAccountCommands(program: Command, act: Act): void {
  const account = program.command("service-account").description("Accounts of programs.");

  const create = account
    .command("create")
    .argument("<name>")
    .description("Create an account for a program.")
    .addOption(
      new Option("--role <role>", "what it may do; may be repeated; viewer unless told")
        .choices(RoleName.options)
        .argParser(collect),
    )
    .option("-g, --group <name>", "group of approvers it belongs to; may be repeated", collect);
  example(create, "gantry service-account create deploy-bot --role operator");
  act<{ role?: string[]; group?: string[] }>(create, async (context, { parameters: [name = ""], options }) => {
    const { terminal } = context;
    const created = await context.client().serviceAccounts.create({
      name,
      ...(options.role === undefined ? {} : { roles: options.role.map((one) => RoleName.parse(one)) }),
      ...(options.group === undefined ? {} : { groups: options.group }),
    });
    if (context.json) {
      terminal.json(created);
      return;
    }
    terminal.data(created.id);
    terminal.say(`Give it a key:  gantry key create --actor ${created.id} --scope read --scope run`);
  });

  act(account.command("list").description("Accounts of programs, by name."), async (context) => {
    const { items } = await context.client().serviceAccounts.list();
    printList(context, items, columns, "No service accounts.");
  });

  const disable = account
    .command("disable")
    .argument("<account>", "id or name")
    .description("Disable an account and revoke its keys, at once.");
  act(disable, async (context, { parameters: [reference = ""] }) => {
    const client = context.client();
    const { items } = await client.serviceAccounts.list();
    const found = items.find(({ id, name }) => id === reference || name === reference);
    if (found === undefined)
      throw new UsageError(`No service account is called ${JSON.stringify(reference)}.`, "gantry service-account list");
    const disabled = await client.serviceAccounts.disable(found.id);
    if (context.json) context.terminal.json(disabled);
    else context.terminal.say(`${disabled.name} is disabled.`);
  });
}

const columns: Column<ServiceAccountView>[] = [
  { title: "ACCOUNT", text: ({ id }) => id, give: 4, whole: true },
  { title: "NAME", text: ({ name }) => name },
  { title: "KEYS", text: ({ keys }) => String(keys) },
  { title: "GROUPS", text: ({ groups }) => groups.join(","), give: 2 },
  { title: "STATE", text: ({ disabledAt }) => (disabledAt === null ? "active" : "disabled"), give: 3 },
];

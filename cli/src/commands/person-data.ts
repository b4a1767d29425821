import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { PersonReceipt } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { findActor } from "../actor-reference.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { ask } from "../prompt.ts";
import { safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example, reasonOption } from "./options.ts";

/** `gantry person export`, `erase` and `receipt`: what is stored about a person, and its end. */
export function personDataCommands(person: Command, act: Act): void {
  const exported = person
    .command("export")
    .argument("[actor]", "id or name; you unless told")
    .description("Everything that is stored about a person, a line of JSON each.")
    .option("--person <id>", "somebody anywhere in the installation, for its operator")
    .option("-o, --output <file>", "write it to a new file; stdout unless told");
  example(exported, "gantry person export -o me.ndjson", "gantry person export requester -o requester.ndjson");
  act<{ person?: string; output?: string }>(exported, async (context, { parameters: [reference], options }) => {
    const { people } = context.client();
    const content =
      options.person !== undefined
        ? await people.exportPerson(options.person)
        : reference === undefined
          ? await people.exportMine()
          : await people.exportActor(await findActor(context.client(), reference));
    const bytes = Readable.fromWeb(content);
    if (options.output !== undefined) {
      await pipeline(bytes, createWriteStream(options.output, { flags: "wx", mode: 0o600 }));
      if (context.json) context.terminal.json({ file: options.output });
      else context.terminal.say(`Wrote ${options.output}.`);
      return;
    }
    let rest = "";
    for await (const part of bytes.setEncoding("utf8") as AsyncIterable<string>) {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) context.terminal.data(context.terminal.dataIsTerminal ? safeText(line) : line);
    }
  });

  const erase = person
    .command("erase")
    .argument("[actor]", "id or name, in your organization")
    .description(
      "Erase a person: from your organization, or altogether with --person. Their name becomes a pseudonym everywhere. stdout is the receipt's token.",
    )
    .option("--person <id>", "from the whole installation, for its operator")
    .option("--confirm <name>", "the name (with --person the e-mail address), typed; asked for on a terminal")
    .addOption(reasonOption().makeOptionMandatory());
  example(erase, 'gantry person erase requester --confirm requester --reason "Asked for it on 3 November"');
  act<{ person?: string; confirm?: string; reason: string }>(
    erase,
    async (context, { parameters: [reference], options }) => {
      const client = context.client();
      if ((reference === undefined) === (options.person === undefined))
        throw new UsageError("Name an actor of your organization, or a person with --person.", "gantry actor list");
      const what = reference === undefined ? "their e-mail address" : "their name";
      const question = `This erases the person for ever. Type ${what}:`;
      const confirm = options.confirm ?? (await ask(context, question, "gantry person erase <actor> --confirm <name>"));
      const body = { confirm, reason: options.reason };
      const begun =
        reference === undefined
          ? await client.people.erasePerson(options.person ?? "", body)
          : await client.people.eraseActor(await findActor(client, reference), body);
      if (context.json) return context.terminal.json(begun);
      context.terminal.say(
        `They are ${begun.pseudonym} now. See how far it is:  gantry person receipt ${begun.receipt}`,
      );
      context.terminal.data(begun.receipt);
    },
  );

  const receipt = person
    .command("receipt")
    .argument("[token]", "what erase printed; without it all of your organization")
    .description("What was erased with a person and what had to stay, signed.");
  example(receipt, "gantry person receipt", "gantry person receipt Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0");
  act(receipt, async (context, { parameters: [token] }) => {
    const client = context.client();
    if (token === undefined) {
      const { items } = await client.personErasures.list();
      return printList(context, items, columns, "Nobody was erased.");
    }
    const found = await client.personErasures.get(token);
    if (context.json) return context.terminal.json(found);
    const { terminal } = context;
    terminal.data(`${found.pseudonym}  ${found.id}: ${found.state}`);
    for (const [what, count] of Object.entries(found.counts)) terminal.data(`  ${what} erased  ${count}`);
    for (const [what, count] of Object.entries(found.kept)) terminal.data(`  ${what} kept  ${count}`);
    if (found.document !== null) terminal.data(`  ${safeText(found.document)}`);
    if (found.signature !== null)
      terminal.data(`  signed with key ${found.signature.kid}: ${found.signature.signature}`);
  });
}

const columns: Column<PersonReceipt>[] = [
  { title: "ERASURE", text: ({ id }) => id, give: 3, whole: true },
  { title: "PSEUDONYM", text: ({ pseudonym }) => pseudonym },
  { title: "STATE", text: ({ state }) => state },
  { title: "SINCE", text: ({ startedAt }) => startedAt, short: ({ startedAt }) => absolute(startedAt), give: 2 },
];

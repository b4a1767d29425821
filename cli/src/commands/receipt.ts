import type { ErasureReceipt } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";

/** What was erased with an organization: by its token, or all of them for who may see everywhere. */
export async function showReceipt(context: Context, token: string | undefined): Promise<void> {
  const client = context.client();
  if (token === undefined) {
    const { items } = await client.erasures.list();
    return printList(context, items, columns, "No organization was deleted.");
  }
  const receipt = await client.erasures.get(token);
  if (context.json) return context.terminal.json(receipt);
  const { terminal } = context;
  const rows = Object.entries(receipt.tables).toSorted(([a], [b]) => (a < b ? -1 : 1));
  terminal.data(`${safeLine(receipt.organization.name)}  ${receipt.organization.id}: ${receipt.state}`);
  terminal.data(`  asked for by ${safeLine(receipt.actor.name)} at ${absolute(receipt.startedAt)}`);
  if (receipt.erasedAt !== null) terminal.data(`  erased at ${absolute(receipt.erasedAt)}`);
  terminal.data(`  blobs  ${receipt.blobs}`);
  for (const [table, count] of rows) terminal.data(`  ${safeLine(table)}  ${count}`);
  if (receipt.signature !== null)
    terminal.data(`  signed with key ${receipt.signature.kid}: ${receipt.signature.signature}`);
}

const columns: Column<ErasureReceipt>[] = [
  { title: "ORGANIZATION", text: ({ organization }) => organization.name },
  { title: "STATE", text: ({ state }) => state },
  { title: "ASKED BY", text: ({ actor }) => actor.name, give: 1 },
  { title: "SINCE", text: ({ startedAt }) => startedAt, short: ({ startedAt }) => absolute(startedAt), give: 2 },
];

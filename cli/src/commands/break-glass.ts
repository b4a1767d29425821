import { Option, type Command } from "commander";
import { BreakGlassRole, type BreakGlassView } from "@gantry/sdk/api";
import { allItems, ApiError, type Client } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { askSecret } from "../prompt.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { example, readDuration } from "./options.ts";
import { placeWord } from "./place.ts";

interface OpenOptions {
  project: string;
  environment?: string;
  role: BreakGlassRole;
  for: number;
  reason: string;
  code?: string;
}

type Given<Options> = { parameters: readonly string[]; options: Options };

/** `gantry break-glass`: a role that nobody gave, for some hours, in sight of everybody. */
export function breakGlassCommands(program: Command, act: Act): void {
  const group = program
    .command("break-glass")
    .description("Take a role in an emergency, for a short time and in sight of everybody.");

  const open = group
    .command("open")
    .description(
      "Take the role operator or approver at a place. Policies that forbid stay, and nobody approves their own change.",
    )
    .option("--project <name>", "there", "default")
    .option("-e, --environment <name>", "in this environment of it; in all of the project unless told")
    .addOption(new Option("--role <role>", "what you need").choices(BreakGlassRole.options).default("operator"))
    .addOption(new Option("--for <duration>", "how long: 5m to 4h").argParser(readDuration).default(3_600_000, "1h"))
    .requiredOption("-r, --reason <text>", "what happened, in at least 10 characters; everybody reads it")
    .option("--code <code>", "of your authenticator app, where you have one; asked for on a terminal");
  example(
    open,
    'gantry break-glass open --project shop -e prod --reason "Checkout is down, nobody of the team answers"',
    'gantry break-glass open --project shop -e prod --role approver --for 30m --reason "Both approvers are ill, change 4711 waits"',
  );
  act<OpenOptions>(open, openGlass);

  const list = group
    .command("list")
    .description("Who did it, where and why, newest first.")
    .option("--open", "only what holds now");
  act<{ open?: boolean }>(list, async (context, { options }) => {
    const client = context.client();
    const items: BreakGlassView[] = [];
    const filter = options.open === true ? { open: "true" as const } : {};
    for await (const one of allItems((cursor) => client.breakGlass.list({ ...filter, limit: 200, cursor })))
      items.push(one);
    printList(context, items, columns, "No glass was broken.");
  });

  const end = group.command("end").argument("<break-glass>", "id, or the beginning of it");
  act(end.description("End it before its time, yours or another's."), async (context, { parameters: [id = ""] }) => {
    const client = context.client();
    const ended = await client.breakGlass.end(await find(client, id));
    if (context.json) context.terminal.json(ended);
    else context.terminal.say(`Ended. Somebody else reviews it: gantry break-glass review ${ended.id} --comment "…"`);
  });

  const review = group
    .command("review")
    .argument("<break-glass>", "id, or the beginning of it")
    .description("Say what you found when you looked at what somebody else did with it.")
    .requiredOption("--comment <text>", "what you found; everybody reads it");
  act<{ comment: string }>(review, async (context, { parameters: [id = ""], options }) => {
    const client = context.client();
    const reviewed = await client.breakGlass.review(await find(client, id), { comment: options.comment });
    if (context.json) context.terminal.json(reviewed);
    else context.terminal.say("Reviewed.");
  });
}

async function openGlass(context: Context, { options }: Given<OpenOptions>): Promise<void> {
  const { project, environment, role, reason, code } = options;
  const client = context.client();
  const minutes = Math.round(options.for / 60_000);
  const at = { project, ...(environment === undefined ? {} : { environment }) };
  const send = (totp: string | undefined) =>
    client.breakGlass.open({ ...at, role, minutes, reason, ...(totp === undefined ? {} : { totp }) });
  let opened: BreakGlassView;
  try {
    opened = await send(code);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "mfa_required" || code !== undefined) throw error;
    opened = await send(
      await askSecret(context, "Code of your authenticator app:", "gantry break-glass open … --code <code>"),
    );
  }
  if (context.json) context.terminal.json(opened);
  else {
    context.terminal.say(`You are ${opened.role} of ${placeWord(opened)} until ${absolute(opened.expiresAt)}.`);
    context.terminal.data(opened.id);
  }
}

async function find(client: Client, reference: string): Promise<string> {
  const found: string[] = [];
  for await (const { id } of allItems((cursor) => client.breakGlass.list({ limit: 200, cursor })))
    if (reference !== "" && id.startsWith(reference)) found.push(id);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new UsageError(
    `${found.length} have an id that begins with ${JSON.stringify(reference)}.`,
    "gantry break-glass list",
  );
}

const columns: Column<BreakGlassView>[] = [
  { title: "ID", text: ({ id }) => id, short: ({ id }) => id.slice(0, 13) },
  { title: "WHO", text: ({ actor }) => safeLine(actor.name) },
  { title: "ROLE", text: ({ role }) => role },
  { title: "OF", text: placeWord, give: 1 },
  { title: "STATE", text: stateOf },
  { title: "UNTIL", text: ({ ended, expiresAt }) => absolute(ended?.at ?? expiresAt), give: 3 },
  { title: "REASON", text: ({ reason }) => reason, give: 2 },
];

function stateOf({ open, review }: BreakGlassView): string {
  if (open) return "OPEN";
  return review === null ? "not reviewed" : "reviewed";
}

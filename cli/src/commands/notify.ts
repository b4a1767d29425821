import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Option, type Command } from "commander";
import {
  defaultKinds,
  DeliveryStatus,
  SubscriptionKind,
  type DeliveryView,
  type QuietHours,
  type SubscriptionView,
} from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute, relative } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { readDestination, type DestinationOptions } from "../notify-destination.ts";
import { collect, example, readWhole } from "./options.ts";

type AddOptions = DestinationOptions & {
  project?: string;
  environment?: string;
  kind?: string[];
  quiet?: string;
  timeZone?: string;
  breakThrough?: string[];
};

interface DeliveryOptions {
  subscription?: string;
  status?: DeliveryStatus;
  run?: string;
  limit: number;
}

/** `gantry notify`: who is told what, and what became of it. */
export function notifyCommands(program: Command, act: Act): void {
  const notify = program.command("notify").description("Tell people and programs what happens.");
  const one = (name: string, description: string): Command =>
    notify.command(name).argument("<subscription>", "its name").description(description);

  act<AddOptions>(addCommand(notify), add);
  act(notify.command("list").description("Subscriptions, by name."), async (context) => {
    const { items } = await context.client().subscriptions.list();
    printList(
      context,
      items,
      columns,
      "Nobody is told anything. Add a subscription:  gantry notify add <name> --webhook <url>",
    );
  });
  act(one("show", "One subscription."), async (context, { parameters: [name = ""] }) =>
    show(context, await context.client().subscriptions.get(name)),
  );
  act(
    one("test", "Send a harmless message and show what the destination answers."),
    async (context, { parameters: [name = ""] }) => test(context, name),
  );
  act(
    one("pause", "Send nothing for now; what happens meanwhile waits."),
    async (context, { parameters: [name = ""] }) => show(context, await context.client().subscriptions.pause(name)),
  );
  act(one("resume", "Send again, what waited first."), async (context, { parameters: [name = ""] }) =>
    show(context, await context.client().subscriptions.resume(name)),
  );
  act(one("remove", "Remove a subscription with its deliveries."), async (context, { parameters: [name = ""] }) => {
    await context.client().subscriptions.delete(name);
    if (context.json) context.terminal.json({ removed: name });
    else context.terminal.say(`Removed ${name}.`);
  });

  const deliveries = limited(notify.command("deliveries").description("What was sent, newest first."))
    .option("--subscription <name>", "only of this one")
    .addOption(new Option("--status <status>", "only these").choices(DeliveryStatus.options))
    .option("--run <run>", "only of this run");
  example(deliveries, "gantry notify deliveries --status pending", "gantry notify deliveries --run 0198c2f4 --json");
  act<DeliveryOptions>(deliveries, async (context, { options }) => {
    printDeliveries(context, await deliveriesOf(context, options), "No deliveries.");
  });
  deadLetterCommands(notify, act);
}

function addCommand(notify: Command): Command {
  const command = notify
    .command("add")
    .argument("<name>", "of the subscription")
    .description("Tell a destination of what happens from now on. Credentials are names of secrets.")
    .option("--webhook <url>", "POST CloudEvents there, signed by Standard Webhooks; or secret:<name> holds the URL")
    .option("--secret <name>", "secret (whsec_…) that signs them; one is made and shown once unless told")
    .option("--slack <conversation>", "one message per run in this conversation; needs --token")
    .option("--token <name>", "secret with the token of a Slack app that may chat:write")
    .option("--slack-webhook <name>", "secret with the URL of a Slack incoming webhook")
    .option("--email <address>", "mail to this address; may be repeated", collect)
    .option("--from <address>", "sender of the mail")
    .option("--server <name>", "secret with the mail server: smtps://user:password@host:465")
    .option("--private-addresses", "it lies in a private network, and speaks TLS; for who runs the installation")
    .option("-k, --kind <kind>", `what about; may be repeated (default: ${defaultKinds.join(", ")})`, collect)
    .option("--project <name>", "only of this project")
    .option("-e, --environment <name>", "only of this environment of the project")
    .option("--quiet <hours>", "send nothing between these, like 22:00-07:00")
    .option("--time-zone <zone>", "whose hours, like Europe/Berlin", "UTC")
    .option("--break-through <kind>", "is sent all the same; may be repeated", collect);
  return example(
    command,
    "gantry notify add ci --webhook https://ci.example.com/gantry --kind '*'",
    "gantry notify add team --slack C0123456789 --token slack-token",
    "gantry notify add on-call --email on-call@example.com --from gantry@example.com --server mail \\\n      --quiet 22:00-07:00 --time-zone Europe/Berlin --break-through approval.needed",
  );
}

async function add(
  context: Context,
  { parameters: [name = ""], options }: { parameters: readonly string[]; options: AddOptions },
): Promise<void> {
  const { project, environment } = options;
  if (environment !== undefined && project === undefined) {
    throw new UsageError("An environment's subscription needs its project too.", `--project default -e ${environment}`);
  }
  const scope = {
    ...(project === undefined ? {} : { project }),
    ...(environment === undefined ? {} : { environment }),
  };
  const destination = readDestination(name, options);
  const made = destination.channel === "webhook" && options.secret === undefined ? makeSigningSecret() : null;
  const client = context.client();
  const created = await client.subscriptions.create({
    name,
    ...scope,
    destination,
    ...(options.kind === undefined ? {} : { kinds: options.kind.map(readKind) }),
    quietHours: readQuietHours(options),
  });
  // Afterwards: a name that is taken must not change the secret of the one that has it. What is due already waits for it.
  if (made !== null && destination.channel === "webhook") {
    await client.secrets.put(destination.secret.$secret, made, scope);
  }
  if (context.json) {
    context.terminal.json(made === null ? created : { ...created, signingSecret: made });
    return;
  }
  context.terminal.say(`Added ${created.name}: ${whereOf(created)} is told of ${created.kinds.join(", ")}.`);
  context.terminal.say(`Try it:  gantry notify test ${created.name}`);
  if (made !== null) {
    context.terminal.say("The secret that signs its messages, for the receiver. It can't be shown again.");
    context.terminal.data(made);
  }
}

function makeSigningSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function readKind(text: string): SubscriptionKind {
  const kind = SubscriptionKind.safeParse(text);
  if (kind.success) return kind.data;
  throw new UsageError(`${JSON.stringify(text)} isn't a kind; they are ${SubscriptionKind.options.join(", ")}.`);
}

function readQuietHours({ quiet, timeZone = "UTC", breakThrough = [] }: AddOptions): QuietHours | null {
  if (quiet === undefined) {
    if (breakThrough.length === 0) return null;
    throw new UsageError(
      "There are no quiet hours to break through.",
      "--quiet 22:00-07:00 --break-through approval.needed",
    );
  }
  const [, from = "", to = ""] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(quiet) ?? [];
  if (from === "") throw new UsageError(`${JSON.stringify(quiet)} aren't hours.`, "--quiet 22:00-07:00");
  return { from, to, timeZone, breakThrough: breakThrough.map(readKind) };
}

/** Waits for the answer, which the process that delivers writes to the delivery. */
async function test(context: Context, name: string): Promise<ExitName> {
  const client = context.client();
  let delivery = await client.subscriptions.test(name);
  const until = context.now() + 30_000;
  while (delivery.status === "pending" && context.now() < until) {
    await delay(200);
    delivery = await client.deliveries.get(delivery.id);
  }
  if (context.json) context.terminal.json(delivery);
  const { answer } = delivery;
  if (delivery.status === "pending") {
    context.terminal.say("Nobody has sent it yet. Is a process with GANTRY_NOTIFICATIONS=on running?  gantry doctor");
  } else if (!context.json) {
    context.terminal.data(
      `${delivery.status === "sent" ? "arrived" : "FAILED"} after ${answer?.ms ?? 0} ms: ${safeLine(answer?.detail ?? "")}`,
    );
  }
  return delivery.status === "sent" ? "ok" : "failed";
}

function deadLetterCommands(notify: Command, act: Act): void {
  const dead = notify.command("dead-letters").description("What could not be delivered.");
  const list = limited(dead.command("list").description("Dead letters, newest first.")).option(
    "--subscription <name>",
    "only of this one",
  );
  act<DeliveryOptions>(list, async (context, { options }) => {
    const found = await deliveriesOf(context, { ...options, status: "dead" });
    printDeliveries(context, found, "No dead letters.");
  });

  const replay = dead
    .command("replay")
    .argument("[delivery...]", "their ids")
    .description("Send dead letters again, under the same ids.")
    .option("--subscription <name>", "all of this one");
  example(replay, "gantry notify dead-letters replay --subscription ci");
  act<{ subscription?: string }>(replay, async (context, { parameters, options: { subscription } }) => {
    // Never everything because nothing was said.
    if ((parameters.length === 0) === (subscription === undefined)) {
      throw new UsageError(
        "Give ids of dead letters, or --subscription for all of one.",
        "gantry notify dead-letters list",
      );
    }
    const ids =
      subscription === undefined
        ? [...parameters]
        : (await deliveriesOf(context, { subscription, status: "dead", limit: 100_000 })).map(({ id }) => id);
    const replayed: string[] = [];
    for (let from = 0; from < ids.length; from += 1_000) {
      const answer = await context.client().deliveries.replay({ deliveries: ids.slice(from, from + 1_000) });
      replayed.push(...answer.replayed);
    }
    if (context.json) context.terminal.json({ replayed });
    else context.terminal.say(`${replayed.length} of ${ids.length} are sent again.`);
  });
}

function limited(command: Command): Command {
  return command.addOption(new Option("--limit <count>", "how many").default(50).argParser(readWhole(1, 100_000)));
}

async function deliveriesOf(context: Context, { run, limit, ...filter }: DeliveryOptions): Promise<DeliveryView[]> {
  const client = context.client();
  const only = { ...filter, ...(run === undefined ? {} : { run: await findRun(client, run) }) };
  const found: DeliveryView[] = [];
  const pages = allItems((cursor) =>
    client.deliveries.list({
      subscription: only.subscription,
      status: only.status,
      run: only.run,
      limit: Math.min(200, limit),
      cursor,
    }),
  );
  for await (const one of pages) if (found.push(one) >= limit) break;
  return found;
}

function printDeliveries(context: Context, found: readonly DeliveryView[], whenEmpty: string): void {
  const { now } = context;
  printList(
    context,
    found,
    [
      { title: "DELIVERY", text: ({ id }) => id, give: 5, whole: true },
      { title: "SUBSCRIPTION", text: ({ subscription }) => subscription, give: 3 },
      { title: "STATUS", text: ({ status }) => status },
      { title: "TRIES", text: ({ attempts }) => String(attempts), give: 4 },
      {
        title: "CREATED",
        text: ({ createdAt }) => createdAt,
        short: ({ createdAt }) => relative(createdAt, now()),
        give: 2,
      },
      { title: "SAYS", text: ({ sentence }) => sentence, give: 1 },
      { title: "ANSWER", text: ({ answer }) => answer?.detail ?? "", give: 6 },
    ],
    whenEmpty,
  );
}

function show({ terminal, json }: Context, one: SubscriptionView): void {
  if (json) {
    terminal.json(one);
    return;
  }
  const { quietHours, paused } = one;
  const lines: [string, string][] = [
    ["subscription", one.name],
    ["to", whereOf(one)],
    ["of", placeOf(one)],
    ["about", one.kinds.join(", ")],
    ["quiet", quietHours === null ? "never" : quietText(quietHours)],
    ["state", paused === null ? "active" : `paused since ${absolute(paused.since)} by ${paused.by}`],
    ["waiting", `${one.pending} to be sent, ${one.dead} dead`],
  ];
  terminal.data(lines.map(([label, value]) => `${label.padEnd(13)} ${safeLine(value)}`).join("\n"));
}

function quietText({ from, to, timeZone, breakThrough }: QuietHours): string {
  return `${from} to ${to} ${timeZone}${breakThrough.length === 0 ? "" : `, but ${breakThrough.join(", ")}`}`;
}

function whereOf({ destination }: SubscriptionView): string {
  switch (destination.channel) {
    case "webhook":
      return typeof destination.url === "string" ? destination.url : `the webhook in secret ${destination.url.$secret}`;
    case "slack":
      return `Slack ${destination.conversation}`;
    case "slack-webhook":
      return `the Slack webhook in secret ${destination.url.$secret}`;
    case "email":
      return destination.to.join(", ");
    default:
      return (destination satisfies never as { channel: string }).channel;
  }
}

function placeOf({ project, environment }: SubscriptionView): string {
  if (environment !== null) return `${project ?? ""}/${environment}`;
  return project === null ? "the organization" : `project ${project}`;
}

const columns: Column<SubscriptionView>[] = [
  { title: "SUBSCRIPTION", text: ({ name }) => name },
  { title: "TO", text: whereOf, give: 1 },
  { title: "OF", text: placeOf, give: 3 },
  { title: "STATE", text: ({ paused }) => (paused === null ? "active" : "paused"), give: 2 },
  { title: "WAITING", text: ({ pending }) => String(pending), give: 4 },
  { title: "DEAD", text: ({ dead }) => String(dead), give: 5 },
];

import { readFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import type { ApprovalDefaults, DecisionRecord, DelegationView } from "@gantry/sdk/api";
import { allItems } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { findActor } from "../actor-reference.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { printList } from "../print-list.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute, relative } from "../render/time.ts";
import { findRun } from "../run-reference.ts";
import { verifyRecord } from "../verify-record.ts";
import { example, readDuration, reasonOption } from "./options.ts";

interface DelegateOptions {
  group: string;
  to: string;
  until?: string;
  for?: number;
  reason: string;
}

/** `gantry approval`: rights to approve that are lent, and records of what was decided. */
export function approvalCommands(program: Command, act: Act): void {
  const approval = program
    .command("approval")
    .description("Rights to approve that are lent, and records of decisions.");

  const delegate = approval
    .command("delegate")
    .description("Lend somebody your right to approve for a group, for a time. They can't lend it on.")
    .requiredOption("--group <group>", "one that you are in")
    .requiredOption("--to <actor>", "name or id of who gets it")
    .option("--until <time>", "until then (ISO 8601) …")
    .option("--for <duration>", "… or for this long, like 8h or 5d", readDuration)
    .addOption(reasonOption().makeOptionMandatory());
  example(delegate, 'gantry approval delegate --group approvers --to deputy --for 5d --reason "On holiday"');
  act<DelegateOptions>(delegate, delegateRight);

  const list = approval.command("delegations").description("Who lent whom which right, newest first.");
  example(list, "gantry approval delegations");
  act(list, async (context) => {
    const items: DelegationView[] = [];
    const client = context.client();
    for await (const one of allItems((cursor) => client.delegations.list({ limit: 200, cursor }))) items.push(one);
    printList(context, items, delegationColumns(context), "Nobody lent a right to anybody.");
  });

  const revoke = approval
    .command("revoke")
    .argument("<delegation>", "id, or the beginning of it")
    .description("Take a delegation back. Approvals that were given by it count no more.");
  example(revoke, "gantry approval revoke 0198c2f4");
  act(revoke, revokeRight);

  const settings = settingOptions(
    approval
      .command("settings")
      .argument("<environment>")
      .description("What an environment wants of approvals besides what policy says. With options: change that.")
      .option("--project <name>", "of that project", "default"),
  ).option("--inherit", "whatever else isn't given is as the organization says");
  example(
    settings,
    "gantry approval settings prod",
    "gantry approval settings prod --mfa --escalate-to on-call --after 30m",
    "gantry approval settings prod --approvers data:2",
  );
  act<SettingsOptions & { project: string; inherit?: boolean }>(settings, settle);

  const defaults = settingOptions(
    approval
      .command("defaults")
      .description("The same for environments that say nothing themselves. With options: change that."),
  );
  example(defaults, "gantry approval defaults", "gantry approval defaults --mfa --escalate-to on-call --after 4h");
  act<SettingsOptions>(defaults, settleDefaults);

  const record = approval
    .command("record")
    .argument("<run>", "id, or the beginning of it")
    .description("The signed records of what people decided about a run's change sets, one a line.")
    .option("--jwks <file>", "check them against the keys in this file, as /.well-known/jwks.json gives them");
  example(record, "gantry approval record 0198c2f4", "gantry approval record 0198c2f4 --jwks keys.json --json");
  act<{ jwks?: string }>(record, printRecords);
}

interface SettingsOptions {
  mfa?: boolean;
  escalateTo?: string;
  after?: number;
  escalate?: boolean;
  approvers?: NonNullable<ApprovalDefaults["approvers"]> | false;
}

function settingOptions(command: Command): Command {
  return command
    .option("--mfa", "an approval needs a second factor, given for that very change set")
    .option("--no-mfa", "it needs none")
    .option("--escalate-to <group>", "when nobody has decided, tell this group …")
    .option("--after <duration>", "… after so long, like 30m or 4h", readDuration)
    .option("--no-escalate", "tell nobody")
    .option("--approvers <group:count>", "changes need so many approvals of that group at least", readApprovers)
    .option("--no-approvers", "they need those that policies ask for");
}

type Given<Options> = { parameters: readonly string[]; options: Options };

async function delegateRight(context: Context, { options }: Given<DelegateOptions>): Promise<ExitName> {
  const { group, to, reason } = options;
  const client = context.client();
  const until = untilOf(options, context.now());
  const lent = await client.delegations.create({ group, to: await findActor(client, to), until, reason });
  if (context.json) context.terminal.json(lent);
  else {
    context.terminal.say(`${safeLine(lent.to.name)} may approve for ${safeLine(group)} until ${absolute(lent.until)}.`);
    context.terminal.data(lent.id);
  }
  return "ok";
}

function untilOf({ until, for: ms }: DelegateOptions, now: number): string {
  if ((until === undefined) === (ms === undefined)) throw new UsageError("Give either --until or --for.");
  const at = ms === undefined ? Date.parse(until ?? "") : now + ms;
  if (Number.isNaN(at)) throw new UsageError(`${JSON.stringify(until)} is no time; write 2026-12-23T12:00:00Z.`);
  return new Date(at).toISOString();
}

async function settle(
  context: Context,
  { parameters, options }: Given<SettingsOptions & { project: string; inherit?: boolean }>,
): Promise<ExitName> {
  const place = { project: options.project, environment: parameters[0] ?? "" };
  const given = changesOf(options);
  const changes =
    options.inherit === true
      ? { mfa: "default" as const, escalation: "default" as const, approvers: "default" as const, ...given }
      : given;
  const { approvals } = context.client();
  const isRead = Object.keys(changes).length === 0;
  const now = await (isRead ? approvals.settings(place) : approvals.configure({ ...place, ...changes }));
  if (context.json) context.terminal.json(now);
  else saySettings(context, now, now.inherits);
  return "ok";
}

async function settleDefaults(context: Context, { options }: Given<SettingsOptions>): Promise<ExitName> {
  const changes = changesOf(options);
  const { approvals } = context.client();
  const now = await (Object.keys(changes).length === 0 ? approvals.defaults() : approvals.setDefaults(changes));
  if (context.json) context.terminal.json(now);
  else saySettings(context, now, []);
  return "ok";
}

function readApprovers(text: string): NonNullable<ApprovalDefaults["approvers"]> {
  const [, group = "", count] = /^([a-z][a-z0-9-]{0,62}):([1-9]\d?)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("Write a group and how many of it, like data:2.");
  return { group, count: Number(count) };
}

function changesOf({
  mfa,
  escalateTo,
  after,
  escalate,
  approvers,
}: SettingsOptions): Partial<Omit<ApprovalDefaults, "warnings">> {
  if ((escalateTo === undefined) !== (after === undefined))
    throw new UsageError("--escalate-to and --after go together.");
  const told =
    escalateTo !== undefined && after !== undefined
      ? { group: escalateTo, afterMinutes: Math.max(1, Math.round(after / 60_000)) }
      : undefined;
  return {
    ...(mfa === undefined ? {} : { mfa }),
    ...(told !== undefined ? { escalation: told } : escalate === false ? { escalation: null } : {}),
    ...(approvers === undefined ? {} : { approvers: approvers === false ? null : approvers }),
  };
}

function saySettings({ terminal }: Context, now: ApprovalDefaults, inherits: readonly string[]): void {
  const by = (name: string) => (inherits.includes(name) ? " (as the organization says)" : "");
  terminal.say(`second factor: ${now.mfa ? "wanted" : "not wanted"}${by("mfa")}`);
  const told = now.escalation;
  const who = told === null ? "nobody is told" : `${safeLine(told.group)} is told after ${told.afterMinutes} min`;
  terminal.say(`${who}${by("escalation")}`);
  const needed = now.approvers;
  const least = needed === null ? "as policies say" : `${needed.count} of ${safeLine(needed.group)} at least`;
  terminal.say(`approvals: ${least}${by("approvers")}`);
  for (const warning of now.warnings) terminal.say(`Careful: ${safeLine(warning)}`);
}

async function revokeRight(context: Context, { parameters: [reference = ""] }: Given<object>): Promise<ExitName> {
  const client = context.client();
  const found: string[] = [];
  for await (const { id } of allItems((cursor) => client.delegations.list({ limit: 200, cursor })))
    if (id.startsWith(reference)) found.push(id);
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new UsageError(`${found.length} delegations have an id that begins with ${JSON.stringify(reference)}.`);
  const revoked = await client.delegations.revoke(only);
  if (context.json) context.terminal.json(revoked);
  else context.terminal.say(`Taken back from ${safeLine(revoked.to.name)}.`);
  return "ok";
}

async function printRecords(context: Context, given: Given<{ jwks?: string }>): Promise<ExitName> {
  const { parameters, options } = given;
  const client = context.client();
  const { items } = await client.runs.decisions(await findRun(client, parameters[0] ?? ""));
  const keys = options.jwks === undefined ? null : (JSON.parse(await readFile(options.jwks, "utf8")) as never);
  const checked = items.map((one) => ({ ...one, ...(keys === null ? {} : { verified: isGood(one, keys) }) }));
  if (context.json) context.terminal.json({ items: checked });
  else
    for (const one of checked) {
      const { actor, at, decision, group, onBehalfOf } = one;
      const whose = onBehalfOf === null ? "" : ` for ${safeLine(onBehalfOf.actor.name)}`;
      const good = one.verified === undefined ? "" : one.verified ? ", signature good" : ", SIGNATURE NOT GOOD";
      const of = group === null ? "" : ` (${safeLine(group)})`;
      context.terminal.say(`${absolute(at)} ${decision} by ${safeLine(actor.name)}${of}${whose}${good}`);
      context.terminal.data(one.record ?? "");
    }
  return checked.some(({ verified }) => verified === false) ? "failed" : "ok";
}

function isGood({ record }: DecisionRecord, keys: Parameters<typeof verifyRecord>[1]): boolean {
  return record !== null && verifyRecord(record, keys) !== null;
}

function delegationColumns({ now }: Context): Column<DelegationView>[] {
  return [
    { title: "ID", text: ({ id }) => id, short: ({ id }) => id.slice(0, 13) },
    { title: "GROUP", text: ({ group }) => group },
    { title: "FROM", text: ({ from }) => from.name },
    { title: "TO", text: ({ to }) => to.name },
    { title: "HOLDS", text: ({ holds }) => (holds ? "yes" : "no") },
    { title: "UNTIL", text: ({ until }) => until, short: ({ until }) => relative(until, now()), give: 1 },
    { title: "REASON", text: ({ reason }) => reason, give: 2 },
  ];
}

import { Option, type Command } from "commander";
import { RoleName, type InvitationView, type PersonView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import type { Column } from "../render/table.ts";
import { safeLine } from "../render/safe-text.ts";
import { absolute } from "../render/time.ts";
import { collect, example, readDuration, reasonOption } from "./options.ts";
import { personDataCommands } from "./person-data.ts";

interface InviteOptions {
  role?: string[];
  group?: string[];
  team?: string[];
  expires?: number;
}

const hourMs = 3_600_000;

/** `gantry person`: inviting people, what is stored about them, and putting them out of the installation. */
export function personCommands(program: Command, act: Act): void {
  const person = program
    .command("person")
    .description("People: invitations, what is stored about them, who may sign in at all.");

  const invite = person
    .command("invite")
    .argument("<e-mail>")
    .description("Invite a person. Without a mail server stdout is the link, for you to pass on.")
    .addOption(
      new Option("--role <role>", "what they may do; may be repeated; viewer unless told")
        .choices(RoleName.options)
        .argParser(collect),
    )
    .option("-g, --group <name>", "group of approvers they belong to; may be repeated", collect)
    .option("--team <name>", "team they join; may be repeated", collect)
    .addOption(
      new Option("--expires <duration>", "how long the link is good: 72h unless told").argParser(readDuration),
    );
  example(
    invite,
    "gantry person invite operator@example.com --role operator",
    "gantry person invite approver@example.com --role approver --group approvers --expires 24h",
  );
  act<InviteOptions>(invite, async (context, { parameters: [email = ""], options }) => {
    const { role, group, team, expires } = options;
    const sent = await context.client().invitations.create({
      email,
      ...(role === undefined ? {} : { roles: role.map((one) => RoleName.parse(one)) }),
      ...(group === undefined ? {} : { groups: group }),
      ...(team === undefined ? {} : { teams: team }),
      ...hoursOf(expires),
    });
    say(context, sent);
  });

  act(
    person.command("list").description("Everybody who can sign in to the installation; needs admin:everywhere."),
    async (context) => {
      const { items } = await context.client().people.list();
      printList(context, items, peopleColumns, "Nobody yet.");
    },
  );
  const states = [
    ["disable", "Put somebody out of the whole installation, at once. Their roles stay.", "is out"],
    ["enable", "Let somebody in again.", "may sign in again"],
    ["administer", "Make somebody an administrator of the whole installation. It takes a key.", "administers it now"],
    ["relieve", "They administer the installation no more.", "administers it no more"],
  ] as const;
  for (const [verb, description, said] of states) {
    const command = person
      .command(verb)
      .argument("<e-mail>")
      .description(description)
      .addOption(reasonOption().makeOptionMandatory());
    example(command, `gantry person ${verb} operator@example.com --reason "${reasons[verb]}"`);
    act<{ reason: string }>(command, async (context, { parameters: [email = ""], options }) => {
      const { people } = context.client();
      const found = (await people.list()).items.find((one) => one.email === email.toLowerCase());
      if (found === undefined) throw new UsageError(`Nobody signs in with ${email}.`, "gantry person list");
      const view = await people[verb](found.id, options.reason);
      if (context.json) context.terminal.json(view);
      else context.terminal.say(`${safeLine(view.name)} ${said}.`);
    });
  }

  act(person.command("invitations").description("Invitations, newest first."), async (context) => {
    const { items } = await context.client().invitations.list();
    printList(context, items, columns, "No invitations.");
  });

  const resend = person
    .command("resend")
    .argument("<invitation>", "id")
    .description("Send an open invitation again; the link before is void.");
  act(resend, async (context, { parameters: [id = ""] }) =>
    say(context, await context.client().invitations.resend(id)),
  );

  const uninvite = person.command("uninvite").argument("<invitation>", "id").description("Revoke an invitation.");
  act(uninvite, async (context, { parameters: [id = ""] }) => {
    const revoked = await context.client().invitations.revoke(id);
    if (context.json) context.terminal.json(revoked);
    else context.terminal.say(`The invitation of ${revoked.email ?? "whoever has the link"} is revoked.`);
  });

  personDataCommands(person, act);
}

const reasons = {
  disable: "Left",
  enable: "Came back",
  administer: "Runs the host",
  relieve: "Runs it no more",
} as const;

function hoursOf(expires: number | undefined): { hours?: number } {
  return expires === undefined ? {} : { hours: Math.max(1, Math.round(expires / hourMs)) };
}

function say({ json, terminal }: Context, sent: InvitationView & { link: string | null }): void {
  if (json) {
    terminal.json(sent);
    return;
  }
  const { email, link, expiresAt, id } = sent;
  terminal.say(`Invitation ${id} of ${email ?? ""}, good until ${absolute(expiresAt)}.`);
  if (link === null) terminal.say("A message is on its way.");
  else {
    terminal.say("No mail server is set, so pass this link on yourself:");
    terminal.data(link);
  }
}

const peopleColumns: Column<PersonView>[] = [
  { title: "E-MAIL", text: ({ email }) => email },
  { title: "NAME", text: ({ name }) => name, give: 1 },
  { title: "ORGANIZATIONS", text: ({ organizations }) => organizations.join(","), give: 2 },
  { title: "STATE", text: ({ disabledAt }) => (disabledAt === null ? "active" : "disabled") },
  { title: "INSTALLATION", text: ({ administersSince }) => (administersSince === null ? "" : "administers") },
];

const columns: Column<InvitationView>[] = [
  { title: "INVITATION", text: ({ id }) => id, give: 4, whole: true },
  { title: "E-MAIL", text: ({ email }) => email ?? "(first administrator)" },
  { title: "ROLES", text: ({ roles }) => roles.join(","), give: 2 },
  { title: "STATE", text: ({ state }) => state },
  { title: "UNTIL", text: ({ expiresAt }) => absolute(expiresAt), give: 3 },
];

import type { Command } from "commander";
import type { SessionView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import { printList } from "../print-list.ts";
import { askSecret } from "../prompt.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";

/** `gantry session`: where a person is signed in. */
export function sessionCommands(program: Command, act: Act): void {
  const session = program.command("session").description("Where you are signed in.");

  act(session.command("list").description("Your sessions, the last used first."), async (context) => {
    const { items } = await context.client().sessions.list();
    printList(context, items, columns, "No sessions: this key isn't a person's.");
  });

  const rename = session
    .command("rename")
    .argument("<session>", "id")
    .argument("<name>")
    .description("Give a session a name to recognise it by.");
  act(rename, async (context, { parameters: [id = "", name = ""] }) => {
    const renamed = await context.client().sessions.rename(id, name);
    if (context.json) context.terminal.json(renamed);
    else context.terminal.say(`It is called ${renamed.name ?? ""} now.`);
  });

  const revoke = session.command("revoke").argument("<session>", "id").description("Sign out there, at once.");
  act(revoke, async (context, { parameters: [id = ""] }) => {
    await context.client().sessions.revoke(id);
    context.terminal.say("Signed out there.");
  });

  const elevate = session
    .command("elevate")
    .description(
      "Act for the whole installation for a quarter of an hour, with a code of your authenticator app, where you administer it.",
    )
    .option("--code <code>", "of your authenticator app; asked for on a terminal")
    .option("--end", "stop it, at once");
  act<{ code?: string; end?: boolean }>(elevate, async (context, { options }) => {
    const { elevation } = context.client();
    if (options.end === true) {
      await elevation.end();
      context.terminal.say("This session doesn't act for the installation any more.");
      return;
    }
    const remedy = "gantry session elevate --code <code>";
    const totp = options.code ?? (await askSecret(context, "Code of your authenticator app:", remedy));
    const view = await elevation.begin({ totp: totp.trim() });
    if (context.json) context.terminal.json(view);
    else context.terminal.say(`This session acts for the installation until ${absolute(view.until ?? "")}.`);
  });

  act(session.command("revoke-others").description("Sign out everywhere but here."), async (context) => {
    const answer = await context.client().sessions.revokeOthers();
    if (context.json) context.terminal.json(answer);
    else context.terminal.say(`Ended ${answer.ended} sessions.`);
  });
}

const columns: Column<SessionView>[] = [
  { title: "SESSION", text: ({ id }) => id, give: 4, whole: true },
  {
    title: "WHERE",
    text: ({ name, userAgent, current }) => `${name ?? userAgent ?? ""}${current ? " (this)" : ""}`,
    give: 3,
  },
  { title: "ADDRESS", text: ({ address }) => address ?? "", give: 2 },
  { title: "USED", text: ({ lastUsedAt }) => absolute(lastUsedAt) },
  { title: "UNTIL", text: ({ expiresAt }) => absolute(expiresAt), give: 1 },
];

import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Me } from "@gantry/sdk/api";
import { createClient, signInByDevice } from "@gantry/sdk/client";
import type { Act } from "../action.ts";
import { localContext, readUserFile, writeUserFile } from "../config/user-file.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { renderPairs } from "../render/layout.ts";
import { absolute } from "../render/time.ts";
import { version } from "../version.ts";
import { example } from "./options.ts";
import { placeWord } from "./place.ts";

interface LoginOptions {
  as?: string;
  browser?: boolean;
}

/** `gantry login`, `logout`, `whoami`: a person at a command line. */
export function loginCommands(program: Command, act: Act): void {
  const login = program
    .command("login")
    .description("Sign in as a person: allow it in a browser, on this machine or another.")
    .option("--as <name>", "context that keeps the sign-in (default: the context in use, or the server's name)")
    .option("--no-browser", "only print the address");
  example(login, "gantry login", "gantry login --url https://gantry.example.com --as prod");
  act<LoginOptions>(login, signIn);

  act(
    program.command("logout").description("Sign out here, on the server too."),
    async ({ config, client, terminal }) => {
      const user = readUserFile(config.userFile);
      const name = config.context.value;
      const { key, ...context } = user.contexts[name] ?? {};
      if (key?.startsWith("gantry_session_") !== true)
        throw new UsageError(`The context ${name} isn't signed in as a person.`, "gantry context list");
      const { credential } = await client().me.get();
      await client().sessions.revoke(credential.id);
      writeUserFile(config.userFile, { ...user, contexts: { ...user.contexts, [name]: context } });
      terminal.say(`Signed out of ${config.url.value}.`);
    },
  );

  act(program.command("whoami").description("Who you are for the server, and what you may do."), async (context) => {
    sayWho(context, await context.client().me.get());
  });
}

async function signIn(context: Context, { options }: { options: LoginOptions }): Promise<void> {
  const { config, terminal, now } = context;
  const url = new URL(config.url.value).href.replace(/\/$/, "");
  const name = options.as ?? nameOf(config.context.value, url, config.named);
  if (name === localContext)
    throw new UsageError("The context local has no sign-in of its own.", "gantry login --as me");
  const abort = new AbortController();
  const forget = context.onSignals(["SIGINT", "SIGTERM"], () => abort.abort());
  try {
    const key = await signInByDevice({
      url,
      userAgent: `gantry-cli/${version}`,
      now,
      signal: abort.signal,
      onCode: ({ url: page, urlWithCode, code }) => {
        terminal.say(`Open ${page} in a browser and enter this code, or open the whole address:`);
        terminal.say(`\n  ${terminal.paint("bold", code)}\n  ${urlWithCode}\n`);
        if (options.browser !== false && terminal.canAsk && config.display) show(urlWithCode);
      },
    });
    const user = readUserFile(config.userFile);
    const { keyFile: _file, keyCommand: _command, ...before } = user.contexts[name] ?? {};
    const contexts = { ...user.contexts, [name]: { ...before, url, key } };
    writeUserFile(config.userFile, { ...user, current: name, contexts });
    const who = await createClient({ url, key, userAgent: `gantry-cli/${version}` }).me.get();
    terminal.say(`The context ${name} is in use from now on.`);
    sayWho(context, who);
  } finally {
    forget();
  }
}

/** The context in use where it is of that server, else one that is called like the server. */
function nameOf(current: string, url: string, named: boolean): string {
  if (current !== localContext && !named) return current;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname.startsWith("127.") || hostname.startsWith("[") ? "me" : hostname;
}

/** Best effort: the address was printed. */
function show(url: string): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(program, [url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}

function sayWho({ terminal, json }: Context, me: Me): void {
  if (json) {
    terminal.json(me);
    return;
  }
  const { actor, organization, credential, scopes } = me;
  const proof = credential.mfaAt === null ? "" : `, second factor at ${absolute(credential.mfaAt)}`;
  const pairs = [
    ["you", actor.name],
    ["organization", organization.name],
    ["groups", actor.groups.join(", ")],
    ["signed in by", `${credential.kind}${proof}`],
    ["may", scopes.join(", ")],
    ...me.breakGlass.map(
      (one) => ["broken glass", `${one.role} of ${placeWord(one)} until ${absolute(one.expiresAt)}`] as const,
    ),
  ] as const;
  terminal.data(renderPairs(pairs, { paint: terminal.paint, width: terminal.columns() }).join("\n"));
}

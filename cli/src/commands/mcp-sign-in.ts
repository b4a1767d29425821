import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { McpServerView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { absolute } from "../render/time.ts";
import { example } from "./options.ts";

interface LoginOptions {
  browser?: boolean;
  wait?: boolean;
}

const lookEveryMs = 1_000;

/** `gantry mcp login` and `logout`: people who sign in to servers for their organization. */
export function mcpSignInCommands(
  mcp: Command,
  act: Act,
  printServer: (context: Context, server: McpServerView) => void,
): void {
  const login = mcp
    .command("login")
    .argument("<name>")
    .description(
      "Sign in to a server by OAuth, in a browser that you are signed in to Gantry with. It holds for all of the organization.",
    )
    .option("--no-browser", "only print the address")
    .option("--no-wait", "end as soon as the address is known");
  example(login, "gantry mcp login tracker", "gantry mcp login tracker --no-browser --no-wait");
  act<LoginOptions>(login, async (context, { parameters: [name = ""], options }) => {
    const { terminal, config, json } = context;
    const begun = await context.client().mcpServers.signIn(name);
    if (json) terminal.json(begun);
    else {
      terminal.say(
        `Open this address in a browser where you are signed in to Gantry, until ${absolute(begun.expiresAt)}:`,
      );
      terminal.data(begun.address);
      terminal.say(`Plans of the whole organization will use ${name} with what you allow there.`);
    }
    if (options.browser !== false && !json && terminal.canAsk && config.display) show(begun.address);
    if (options.wait === false) return "ok";
    const server = await ended(context, name);
    if (json) terminal.json(server);
    else printServer(context, server);
    return server.problem === null && isSignedIn(server) ? "ok" : "failed";
  });

  const logout = mcp
    .command("logout")
    .argument("<name>")
    .description("Take back the tokens of a server where its authorization server does that, and erase them.");
  example(logout, "gantry mcp logout tracker");
  act(logout, async (context, { parameters: [name = ""] }) => {
    const server = await context.client().mcpServers.signOut(name);
    if (context.json) context.terminal.json(server);
    else context.terminal.say(`Nobody is signed in to ${name} any more.`);
  });
}

/** Once it came to its end, or its time is over; what the server has is looked at then. */
async function ended({ client, onSignals }: Context, name: string): Promise<McpServerView> {
  const stopped = new AbortController();
  const off = onSignals(["SIGINT", "SIGTERM"], () => stopped.abort());
  try {
    for (;;) {
      const server = await client().mcpServers.get(name);
      if ((server.signIn?.begunUntil ?? null) === null)
        return isSignedIn(server) ? await client().mcpServers.test(name) : server;
      await delay(lookEveryMs, undefined, { signal: stopped.signal });
    }
  } finally {
    off();
  }
}

function isSignedIn({ signIn }: McpServerView): boolean {
  return signIn !== null && signIn.by !== null && signIn.problem === null;
}

/** Whether somebody has to before its tools can be called. */
export function needsSignIn({ oauth, signIn }: Pick<McpServerView, "oauth" | "signIn">): boolean {
  if (oauth?.by !== "person") return false;
  return signIn === null || signIn.by === null || signIn.problem === "ended" || signIn.problem === "scope";
}

/** How it stands, in a line. */
export function signInLine({ oauth, signIn }: Pick<McpServerView, "oauth" | "signIn">): string | null {
  if (oauth?.by !== "person") return null;
  if (signIn === null || (signIn.by === null && signIn.problem !== "refused")) return "nobody is signed in";
  switch (signIn.problem) {
    case "ended":
      return "the sign-in has ended: sign in again";
    case "scope":
      return `what was called takes more than was allowed${signIn.lacks === null ? "" : ` (${signIn.lacks})`}: sign in again`;
    case "refused":
      return "the last attempt to sign in came to nothing";
    case null:
      return `${signIn.by ?? ""} signed in for the organization${signIn.at === null ? "" : ` at ${absolute(signIn.at)}`}${signIn.renews ? "" : ", until the token ends"}`;
    default:
      return signIn.problem satisfies never;
  }
}

/** Best effort: the address was printed. */
function show(url: string): void {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(program, [url], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}

import { InvalidArgumentError, Option, type Command } from "commander";
import { Effect, type McpServerView, type McpToolView } from "@gantry/sdk/api";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { ask } from "../prompt.ts";
import { safeLine, safeText } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { absolute } from "../render/time.ts";
import { mcpSignInCommands, needsSignIn, signInLine } from "./mcp-sign-in.ts";
import { collect, example } from "./options.ts";

interface AddOptions {
  address?: string;
  command?: string;
  arg?: string[];
  env?: Record<string, string>;
  secret?: Record<string, string>;
  oauth?: Record<string, string>;
  network?: boolean;
}

/** `gantry mcp add …`: servers whose tools plans can use. */
export function mcpServerCommands(mcp: Command, act: Act): void {
  const add = mcp
    .command("add")
    .argument("<name>")
    .description("Add a server whose tools plans can use, or replace it. None can be used before it is approved.")
    .addOption(new Option("--address <url>", "where it is").conflicts("command"))
    .addOption(new Option("--command <program>", "the program that it is; it runs in the sandbox of tools"))
    .addOption(new Option("--arg <text>", "an argument of the program; may be repeated").argParser(collect))
    .addOption(new Option("--env <name=value>", "a variable of the program; may be repeated").argParser(readPair))
    .addOption(
      new Option(
        "--secret <use=name>",
        "a stored secret that it gets: as bearer, as a header, or as a variable of the program; may be repeated",
      ).argParser(readPair),
    )
    .addOption(
      new Option(
        "--oauth <part=value>",
        "sign in by OAuth: by=person or, unless said, as a program; issuer=<url>, client=<id>, secret=<name of a stored secret>, scope=<scopes>",
      )
        .argParser(readPair)
        .conflicts("secret"),
    )
    .option("--network", "let the program use the network");
  example(
    add,
    "gantry mcp add tracker --address https://tracker.example.com/mcp --secret bearer=tracker-token",
    "gantry mcp add files --command mcp-files --arg=/srv/docs",
  );
  act<AddOptions>(add, async (context, { parameters: [name = ""], options }) => {
    const stored = await context.client().mcpServers.put(name, setupOf(name, options));
    if (context.json) return context.terminal.json(stored);
    context.terminal.say(`Added ${stored.name}. See what it has:  gantry mcp test ${stored.name}`);
  });

  act(mcp.command("list").description("Servers whose tools plans can use."), async (context) => {
    const { items } = await context.client().mcpServers.list();
    printList(context, items, columns, "No servers. Add one:  gantry mcp add <name> --address <url>");
  });

  act(
    mcp.command("show").argument("<name>").description("One server."),
    async (context, { parameters: [name = ""] }) => {
      const server = await context.client().mcpServers.get(name);
      if (context.json) context.terminal.json(server);
      else printServer(context, server);
    },
  );

  mcpSignInCommands(mcp, act, printServer);

  act(
    mcp
      .command("test")
      .argument("<name>")
      .description("Connect to a server and see which tools it has; calls none. Ends with 1 when that fails."),
    async (context, { parameters: [name = ""] }) => {
      const server = await context.client().mcpServers.test(name);
      if (context.json) context.terminal.json(server);
      else printServer(context, server);
      if (server.problem === null && server.tools.waiting > 0 && !context.json)
        context.terminal.say(`Look at them:  gantry mcp tools ${name}`);
      return server.problem === null ? "ok" : "failed";
    },
  );

  act(
    mcp
      .command("tools")
      .argument("<name>")
      .argument("[tool]", "only this one, whole")
      .description("Tools of a server, with what isn't as it was approved."),
    async (context, { parameters: [name = "", only] }) => {
      const { items } = await context.client().mcpServers.tools(name);
      if (only === undefined)
        return printList(context, items, toolColumns, `None known yet. Look:  gantry mcp test ${name}`);
      const tool = find(items, name, only);
      if (context.json) context.terminal.json(tool);
      else printTool(context, tool, (line) => context.terminal.data(line));
    },
  );

  const approve = mcp
    .command("approve")
    .argument("<name>")
    .argument("<tools...>", "a tool, or tool@digest of what was read before")
    .description("Approve tools as they are, so that plans may use them.")
    .addOption(
      new Option("--effect <effect>", "what they may do at most; reads: agents that think call them unasked")
        .choices(Effect.options)
        .default("changes"),
    );
  example(
    approve,
    "gantry mcp approve tracker create_issue",
    "gantry mcp approve tracker search@sha256:6b1a94 --effect reads",
  );
  act<{ effect: Effect }>(approve, async (context, { parameters: [name = "", ...given], options: { effect } }) => {
    const { items } = await context.client().mcpServers.tools(name);
    const wanted: { name: string; digest: string; effect: Effect }[] = [];
    for (const one of given) wanted.push(await chosen(context, items, { server: name, given: one, effect }));
    const answer = await context.client().mcpServers.approve(name, { tools: wanted });
    if (context.json) return context.terminal.json(answer);
    for (const { name: tool } of wanted) {
      const found = answer.items.find((view) => view.name === tool);
      context.terminal.say(`Approved ${safeLine(tool)}: plans can use ${found?.tool ?? ""} (${effect}).`);
    }
  });

  act(
    mcp.command("revoke").argument("<name>").argument("<tools...>").description("Take back the approval of tools."),
    async (context, { parameters: [name = "", ...tools] }) => {
      const answer = await context.client().mcpServers.revoke(name, tools);
      if (context.json) context.terminal.json(answer);
      else context.terminal.say(`No plan can use ${tools.map(safeLine).join(", ")} any more.`);
    },
  );

  act(
    mcp.command("remove").argument("<name>").description("Remove a server with all that was approved of it."),
    async (context, { parameters: [name = ""] }) => {
      await context.client().mcpServers.remove(name);
      if (context.json) context.terminal.json({ removed: name });
      else context.terminal.say(`Removed ${name}.`);
    },
  );
}

function setupOf(
  name: string,
  { address, command, arg = [], env = {}, secret = {}, oauth, network = false }: AddOptions,
) {
  if (address !== undefined) {
    if (arg.length > 0 || Object.keys(env).length > 0 || network)
      throw new UsageError(
        "--arg, --env and --network are for a program.",
        `gantry mcp add ${name} --address ${address}`,
      );
    return { transport: "http" as const, url: address, secrets: secret, ...(oauth && { oauth: oauthOf(name, oauth) }) };
  }
  if (oauth !== undefined)
    throw new UsageError("--oauth is for an address.", `gantry mcp add ${name} --address <url> --oauth by=person`);
  if (command === undefined)
    throw new UsageError("Say where the server is, or which program it is.", `gantry mcp add ${name} --address <url>`);
  return { transport: "stdio" as const, command, args: arg, env, secrets: secret, network };
}

function oauthOf(server: string, { by = "program", issuer, client, secret, scope }: Record<string, string>) {
  if (by !== "program" && by !== "person")
    throw new UsageError("by= is program or person.", `gantry mcp add ${server} … --oauth by=person`);
  if (by === "program" && (issuer === undefined || client === undefined || secret === undefined))
    throw new UsageError(
      "--oauth needs an issuer, a client and a secret, or by=person.",
      `gantry mcp add ${server} … --oauth issuer=<url> --oauth client=<id> --oauth secret=<name>`,
    );
  return { by, issuer: issuer ?? null, client: client ?? null, secret: secret ?? null, scope: scope ?? null } as const;
}

/** Of what somebody read: shown now and answered, or named by its digest. */
async function chosen(
  context: Context,
  tools: readonly McpToolView[],
  { server, given, effect }: { server: string; given: string; effect: Effect },
): Promise<{ name: string; digest: string; effect: Effect }> {
  const [, name = given, digest] = /^(.*)@(sha256:[0-9a-f]{6,64})$/.exec(given) ?? [];
  const tool = find(tools, server, name);
  const found = tool.digest ?? "";
  if (digest !== undefined) {
    if (!found.startsWith(digest))
      throw new UsageError(`${name} isn't as it was when it had ${digest}.`, `gantry mcp tools ${server} ${name}`);
    return { name, digest: found, effect };
  }
  printTool(context, tool, (line) => context.terminal.say(line));
  const remedy = `gantry mcp approve ${server} ${name}@${found} --effect ${effect}`;
  const said = await ask(context, `Let plans use it, as a tool that ${effect}? Type yes:`, remedy);
  if (said !== "yes") throw new UsageError("Nothing was approved.", remedy);
  return { name, digest: found, effect };
}

function find(tools: readonly McpToolView[], server: string, name: string): McpToolView {
  const found = tools.find((one) => one.name === name || one.tool === name);
  if (found === undefined)
    throw new UsageError(`${server} has no tool ${name}, as far as is known.`, `gantry mcp test ${server}`);
  return found;
}

function printServer({ terminal }: Context, server: McpServerView): void {
  const { name, url, command, args, secrets, oauth, says, protocol, tools, lookedAt, problem } = server;
  terminal.data(`${name}: ${safeLine(url ?? [command ?? "", ...args].join(" "))}`);
  for (const [use, secret] of Object.entries(secrets)) terminal.data(`  ${safeLine(use)}  secret ${safeLine(secret)}`);
  if (oauth?.by === "program")
    terminal.data(
      `  signs in at ${safeLine(oauth.issuer ?? "")} as ${safeLine(oauth.client ?? "")}, secret ${safeLine(oauth.secret ?? "")}`,
    );
  const signedIn = signInLine(server);
  if (signedIn !== null) terminal.data(`  ${safeLine(signedIn)}`);
  if (says !== null)
    terminal.data(
      `  says that it is ${safeLine(says.name)} ${safeLine(says.version)}, revision ${protocol ?? "unknown"}`,
    );
  terminal.data(`  ${tools.approved} tools approved, ${tools.waiting} waiting for approval`);
  terminal.data(`  ${lookedAt === null ? "not looked at yet" : `looked at ${absolute(lookedAt)}`}`);
  if (problem !== null) terminal.data(`  ${problem.code}: ${safeLine(problem.message)}`);
}

function printTool(_context: Context, tool: McpToolView, print: (line: string) => void): void {
  print(`${safeLine(tool.name)} (${tool.state}), in plans ${tool.tool}`);
  for (const warning of tool.warnings) print(`  ! ${safeLine(warning)}`);
  print(`  digest  ${tool.digest ?? "none"}`);
  if (tool.approvedBy !== null) print(`  approved by ${safeLine(tool.approvedBy)} as a tool that ${tool.effect ?? ""}`);
  print("  The server says:");
  print(indent(safeText(tool.description ?? "nothing")));
  print(indent(JSON.stringify(tool.inputSchema, null, 2)));
  for (const { part, before, after } of tool.changes) {
    print(`  ${part} was:`);
    print(indent(safeText(before ?? "nothing")));
    print(`  ${part} is:`);
    print(indent(safeText(after ?? "nothing")));
  }
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}

function readPair(text: string, before: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it like name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function lastLook(server: McpServerView): string {
  if (needsSignIn(server)) return "sign in";
  return server.problem?.code ?? (server.lookedAt === null ? "never" : "reached");
}

const columns: Column<McpServerView>[] = [
  { title: "SERVER", text: ({ name }) => name },
  { title: "AT", text: ({ url, command }) => url ?? command ?? "", give: 2 },
  { title: "APPROVED", text: ({ tools }) => String(tools.approved) },
  { title: "WAITING", text: ({ tools }) => String(tools.waiting) },
  { title: "LAST LOOK", text: lastLook },
];

const toolColumns: Column<McpToolView>[] = [
  { title: "TOOL", text: ({ name }) => name },
  { title: "STATE", text: ({ state }) => state },
  { title: "EFFECT", text: ({ effect }) => effect ?? "" },
  { title: "SAYS", text: ({ description, title }) => (description ?? title ?? "").split("\n")[0] ?? "", give: 1 },
];

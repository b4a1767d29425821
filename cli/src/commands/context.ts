import path from "node:path";
import { text as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import type { Act } from "../action.ts";
import { wordsOf } from "../config/key.ts";
import { localContext, readUserFile, writeUserFile, type ServerContext } from "../config/user-file.ts";
import type { Context } from "../context.ts";
import { ContextUnknownError, UsageError } from "../errors.ts";
import { printList } from "../print-list.ts";
import { askSecret } from "../prompt.ts";
import { renderPairs } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import type { Column } from "../render/table.ts";
import { environmentOption, example, projectOption } from "./options.ts";

interface AddOptions {
  keyFile?: string;
  keyCommand?: string;
  keyStdin?: boolean;
  caFile?: string;
  use?: boolean;
  replace?: boolean;
  project?: string;
  environment?: string;
}

/** A context as it is shown: where its key comes from, never the key. */
interface ContextView {
  name: string;
  current: boolean;
  url: string | null;
  key: string | null;
  project: string | null;
  environment: string | null;
}

/** `gantry context`: the servers that somebody works with, each with its key and defaults. */
export function contextCommands(program: Command, act: Act): void {
  const context = program.command("context").description("Servers that you work with, each with its key and defaults.");

  const add = context
    .command("add")
    .argument("<name>")
    .description("Keep the server of --url under a name, with the key for it and defaults. The key is never shown.")
    .option("--key-file <path>", "file that holds the key; read each time")
    .option("--key-command <command>", "program with arguments that prints the key, run without a shell each time")
    .option(
      "--ca-file <path>",
      "certificates (PEM) of the authority that vouches for the server, where the system doesn't know it",
    )
    .option("--key-stdin", "read the key from stdin, or ask for it on a terminal, and keep it in the user's file")
    .addOption(projectOption())
    .addOption(environmentOption())
    .option("--use", "use it from now on")
    .option("--replace", "also when there is one of that name");
  example(
    add,
    "gantry context add prod --url https://gantry.example.com --key-stdin --use < key",
    "gantry context add stage --url https://stage.example.com --key-command 'op read op://team/gantry/key' -e staging",
  );
  act<AddOptions>(add, async (given, { parameters: [name = ""], options }) => {
    const { config, terminal, json } = given;
    const user = readUserFile(config.userFile);
    checkName(name, options.replace === true ? [] : Object.keys(user.contexts));
    if (config.url.origin !== "--url")
      throw new UsageError("Which server is it?", `gantry context add ${name} --url https://gantry.example.com`);
    const { project, environment } = options;
    const added: ServerContext = {
      url: new URL(config.url.value).href.replace(/\/$/, ""),
      ...(await readKey(given, name, options)),
      ...(options.caFile === undefined ? {} : { caFile: path.resolve(options.caFile) }),
      ...(project === undefined ? {} : { project }),
      ...(environment === undefined ? {} : { environment }),
    };
    const current = options.use === true ? { current: name } : {};
    writeUserFile(config.userFile, { ...user, ...current, contexts: { ...user.contexts, [name]: added } });
    if (json) terminal.json(viewOf(name, added, options.use === true));
    else {
      terminal.say(`Added ${name}, ${safeLine(added.url ?? "")}, in ${config.userFile}.`);
      if (options.use !== true) terminal.say(`Use it:  gantry context use ${name}`);
    }
  });

  act(context.command("list").description("Contexts; the one in use has a star."), async (given) => {
    printList(given, viewsOf(given), columns, "");
  });

  const use = context.command("use").argument("<name>", "local is the server on this machine");
  act(use.description("Use a context from now on."), async (given, { parameters: [name = ""] }) => {
    const { config, terminal, json } = given;
    const user = readUserFile(config.userFile);
    known(name, user.contexts);
    writeUserFile(config.userFile, { ...user, current: name });
    const view = viewsOf(given).find((one) => one.name === name);
    if (json) terminal.json(view);
    else terminal.say(`Using ${name}${view?.url ? `, ${safeLine(view.url)}` : ""}.`);
    if (config.context.origin === "GANTRY_CONTEXT" || config.url.origin === "GANTRY_URL")
      terminal.say(
        `${terminal.paint("yellow", "warning:")} the environment still says otherwise; see gantry config list.`,
      );
  });

  const show = context.command("show").argument("[name]", "the one in use unless told");
  act(show.description("A context, without its key."), async (given, { parameters: [name] }) => {
    const { config, terminal, json } = given;
    const wanted = name ?? config.context.value;
    known(wanted, readUserFile(config.userFile).contexts);
    const view = viewsOf(given).find((one) => one.name === wanted);
    if (json || view === undefined) return terminal.json(view);
    const pairs = Object.entries(view).filter(([field]) => field !== "current");
    const lines = pairs.map(([field, value]) => [field, safeLine(String(value ?? ""))] as const);
    terminal.data(renderPairs(lines, { paint: terminal.paintData, width: terminal.columns() }).join("\n"));
  });

  const remove = context.command("remove").argument("<name>");
  act(remove.description("Forget a context and its key."), async (given, { parameters: [name = ""] }) => {
    const { config, terminal, json } = given;
    const { current, contexts } = readUserFile(config.userFile);
    if (contexts[name] === undefined) known(name, contexts);
    const { [name]: _removed, ...others } = contexts;
    writeUserFile(config.userFile, {
      ...(current === name || current === undefined ? {} : { current }),
      contexts: others,
    });
    if (json) terminal.json({ removed: name });
    else terminal.say(`Removed ${name}.${current === name ? " The server on this machine is used again." : ""}`);
  });
}

function checkName(name: string, taken: readonly string[]): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) || name === localContext || name === "__proto__")
    throw new UsageError(
      `${JSON.stringify(name)} can't be the name of a context: letters, digits, dots and dashes, and not local.`,
    );
  if (taken.includes(name))
    throw new UsageError(`There is a context ${name} already.`, `gantry context add ${name} --replace …`);
}

/** @throws {ContextUnknownError} */
function known(name: string, contexts: Readonly<Record<string, ServerContext>>): void {
  if (name !== localContext && !Object.hasOwn(contexts, name))
    throw new ContextUnknownError(name, "the command", [localContext, ...Object.keys(contexts)]);
}

async function readKey(context: Context, name: string, options: AddOptions): Promise<ServerContext> {
  const { config, stdin } = context;
  const onCommandLine = config.key?.origin === "--key" ? config.key.read() : undefined;
  const ways = [onCommandLine, options.keyFile, options.keyCommand, options.keyStdin].filter(
    (one) => one !== undefined,
  );
  if (ways.length > 1) throw new UsageError("Say once where the key is.", "gantry context add --help");
  if (onCommandLine !== undefined) return { key: onCommandLine };
  if (options.keyFile !== undefined) return { keyFile: path.resolve(options.keyFile) };
  if (options.keyCommand !== undefined) {
    const [program, ...parameters] = wordsOf(options.keyCommand) ?? [];
    if (program === undefined) throw new UsageError("The command for the key is empty, or a quote in it isn't closed.");
    return { keyCommand: [program, ...parameters] };
  }
  if (options.keyStdin !== true) return {};
  const key = stdin.isTTY
    ? await askSecret(context, `Key for ${name}:`, `gantry context add ${name} --key-stdin < file`)
    : (await readAll(stdin)).trim();
  if (key === "") throw new UsageError("The key is empty.", `gantry context add ${name} --key-stdin < file`);
  return { key };
}

function viewsOf({ config }: Context): ContextView[] {
  const { contexts, current = localContext } = readUserFile(config.userFile);
  const { [localContext]: local = {}, ...others } = contexts;
  return [[localContext, local] as const, ...Object.entries(others)].map(([name, one]) =>
    viewOf(name, one, name === current),
  );
}

function viewOf(name: string, one: ServerContext, current: boolean): ContextView {
  const { url = null, project = null, environment = null } = one;
  return { name, current, url, key: name === localContext ? "of this machine" : keyWord(one), project, environment };
}

function keyWord({ key, keyFile, keyCommand }: ServerContext): string | null {
  if (key !== undefined) return "kept";
  if (keyFile !== undefined) return `file ${keyFile}`;
  return keyCommand === undefined ? null : `command ${keyCommand.join(" ")}`;
}

const columns: Column<ContextView>[] = [
  { title: "", text: ({ current }) => (current ? "*" : "") },
  { title: "CONTEXT", text: ({ name }) => name },
  { title: "URL", text: ({ url }) => url ?? "", give: 1 },
  { title: "KEY", text: ({ key }) => key ?? "", give: 4 },
  { title: "PROJECT", text: ({ project }) => project ?? "", give: 3 },
  { title: "ENVIRONMENT", text: ({ environment }) => environment ?? "", give: 2 },
];

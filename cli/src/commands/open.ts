import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { NothingToApproveError, UsageError } from "../errors.ts";
import { openChangeSet } from "../open-change-set.ts";
import { findRun } from "../run-reference.ts";
import { example } from "./options.ts";

interface OpenOptions {
  print?: boolean;
}

/** How long the program that opens a browser may take to say that it can't. */
const patienceMs = 5_000;

/** `gantry open`: the server's pages, in the browser or as an address. */
export function openCommands(program: Command, act: Act): void {
  const open = program
    .command("open")
    .description("Open a page of the server in the browser. Without one, or in a pipe, the address is printed.");

  const dashboard = open.command("dashboard", { isDefault: true }).description("The dashboard.");
  act<OpenOptions>(withPrint(dashboard), (context, { options }) => show(context, "/", options));

  const docs = open.command("docs").description("The description of the API.");
  act<OpenOptions>(withPrint(docs), (context, { options }) => show(context, "/docs", options));

  const run = open.command("run").argument("<run>", "id, or the beginning of it").description("The page of a run.");
  example(run, "gantry open run 0199d8c2", "gantry open run 0199d8c2 --print");
  act<OpenOptions>(withPrint(run), async (context, { parameters: [reference = ""], options }) => {
    const client = context.client();
    // Looked up, so that nobody is sent to the page of a run that isn't there.
    const { id } = await client.runs.get(await findRun(client, reference));
    await show(context, `/runs/${id}`, options);
  });

  const changeSet = open
    .command("changeset")
    .argument("<run>", "id, or the beginning of it")
    .description("The change set that waits for an approval, to decide on it.");
  act<OpenOptions>(withPrint(changeSet), async (context, { parameters: [reference = ""], options }) => {
    const client = context.client();
    const detail = await client.runs.get(await findRun(client, reference));
    if (openChangeSet(detail) === undefined) throw new NothingToApproveError(detail.id, detail.status);
    await show(context, `/approvals/${detail.id}`, options);
  });

  const error = open.command("error").argument("<code>").description("What an error code means and what to do.");
  act<OpenOptions>(withPrint(error), (context, { parameters: [code = ""], options }) => {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(code)) throw new UsageError(`${JSON.stringify(code)} isn't an error's code.`);
    return show(context, `/errors/${code}`, options);
  });
}

function withPrint(command: Command): Command {
  return command.option("--print", "only print the address");
}

/** The address is data: it goes to stdout unless a browser took it. */
async function show({ config, terminal, json }: Context, page: string, { print }: OpenOptions): Promise<void> {
  const url = new URL(config.url.value.replace(/\/$/, "") + page).href;
  const wanted = print !== true && !json && terminal.dataIsTerminal && config.display;
  const opened = wanted && (await openBrowser(url, config.processEnvironment));
  if (json) terminal.json({ url, opened });
  else if (opened) terminal.say(`Opened ${url}`);
  else terminal.data(url);
}

/** An address made here, as one argument: no shell reads it. */
function openBrowser(url: string, environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  return new Promise((resolve) => {
    const child = spawn(program, [url], { env: { ...environment }, stdio: "ignore", detached: true });
    const timer = setTimeout(() => done(true), patienceMs);
    const done = (opened: boolean): void => {
      clearTimeout(timer);
      // Some browsers stay in the foreground for as long as they are open.
      child.unref();
      resolve(opened);
    };
    child.once("error", () => done(false));
    child.once("exit", (code) => done(code === 0));
  });
}

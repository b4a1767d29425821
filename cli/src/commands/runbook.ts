import type { Command } from "commander";
import type { RunbookVersionView } from "@gantry/sdk/api";
import {
  hasErrors,
  loadRunbooks,
  parseReference,
  type RunbookProblem,
  type RunbookSource,
} from "@gantry/sdk/runbook-file";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { RunbookFaultyError, UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { printList } from "../print-list.ts";
import { problemLine, renderProblems } from "../render/runbook-problems.ts";
import { absolute } from "../render/time.ts";
import { plural } from "../render/words.ts";
import { readRunbookFiles, withIncludes } from "../runbook/read-files.ts";
import { tryServer } from "../runbook/try-server.ts";
import { deprecationText } from "./runbooks.ts";
import { example, reasonOption } from "./options.ts";
import { renderCommand } from "./runbook-plan.ts";
import { readingCommands } from "./runbook-read.ts";
import { testCommand } from "./runbook-test.ts";

interface OfflineOptions {
  offline?: boolean;
}

interface DeprecateOptions {
  use?: string;
  reason?: string;
  restore?: boolean;
}

/** `gantry runbook`: runbooks as files, from writing one to publishing it. */
export function runbookCommands(program: Command, act: Act): void {
  const runbook = program.command("runbook").description("Runbooks as YAML files: write, check, test, publish.");

  const lint = offline(runbook.command("lint").argument("<file...>", "files, or folders of them")).description(
    "Check files. Exits with 2 when one has errors.",
  );
  example(lint, "gantry runbook lint runbooks", "gantry runbook lint release.yaml --json");
  act<OfflineOptions>(lint, lintFiles);

  testCommand(runbook, act);
  renderCommand(runbook, act);
  readingCommands(runbook, act);

  const publish = runbook
    .command("publish")
    .argument("<file...>", "files, or folders of them")
    .description(
      "Publish files as versions of runbooks. What is published never changes; the same file again is no change.",
    );
  example(publish, "gantry runbook publish release.yaml");
  act(publish, publishFiles);

  const versions = runbook
    .command("versions")
    .argument("<runbook>")
    .description("Versions of a runbook, newest first.");
  act(versions, async (context, { parameters: [name = ""] }) => {
    const { items } = await context.client().runbooks.versions(name);
    printList(context, items, versionColumns, "No versions.");
  });

  const deprecate = runbook
    .command("deprecate")
    .argument("<runbook>", "name@version of a published one")
    .description("Say that something else should be used. It can still be run; whoever does is told.")
    .option("--use <runbook>", "what to use instead")
    .addOption(reasonOption())
    .option("--restore", "take the deprecation back");
  example(deprecate, "gantry runbook deprecate shop.release@1.0.0 --use shop.release@2.0.0");
  act<DeprecateOptions>(deprecate, deprecateVersion);
}

async function deprecateVersion(
  context: Context,
  { parameters: [reference = ""], options }: { parameters: readonly string[]; options: DeprecateOptions },
): Promise<void> {
  const { name, version } = parseReference(reference);
  if (version === undefined)
    throw new UsageError("Which version? Write name@version.", `gantry runbook versions ${name}`);
  const { use, reason } = options;
  const since = new Date(context.now()).toISOString().slice(0, 10);
  const { runbooks } = context.client();
  const view = options.restore
    ? await runbooks.restore({ name, version })
    : await runbooks.deprecate(
        { name, version },
        { since, ...(use === undefined ? {} : { use }), ...(reason === undefined ? {} : { reason }) },
      );
  if (context.json) context.terminal.json(view);
  else context.terminal.say(options.restore ? `${reference} is no longer deprecated.` : `${reference} is deprecated.`);
}

function offline(command: Command): Command {
  return command.option("--offline", "ask no server: tools and other runbooks aren't known then");
}

async function lintFiles(
  context: Context,
  { parameters, options }: { parameters: readonly string[]; options: OfflineOptions },
): Promise<ExitName> {
  const { terminal } = context;
  const named = await readRunbookFiles(parameters);
  if (named.length === 0) throw new UsageError("There is no YAML file there.", "gantry runbook lint --help");
  const problems = await checkFiles(context, named, options.offline);
  if (context.json) terminal.json(problems);
  else if (terminal.dataIsTerminal) {
    for (const line of renderProblems(problems, { paint: terminal.paintData, width: terminal.columns() }))
      terminal.data(line);
  } else for (const problem of problems) terminal.data(problemLine(problem));
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  terminal.say(`${plural(named.length, "file")}: ${plural(errors, "error")}, ${plural(warnings, "warning")}.`);
  return errors > 0 ? "usage" : "ok";
}

/** By the server where there is one, which knows tools and other runbooks; else by the files alone. */
export async function checkFiles(
  context: Context,
  named: readonly RunbookSource[],
  isOffline: boolean | undefined,
): Promise<RunbookProblem[]> {
  const files = (await withIncludes(named)).map(({ file, text }) => ({ file, text }));
  const answer = await tryServer(context, isOffline, (client) => client.runbooks.check({ files }));
  const { problems } = answer ?? loadRunbooks(files);
  const own = new Set(named.map(({ file }) => file));
  return problems.filter(({ file }) => own.has(file));
}

async function publishFiles(context: Context, { parameters }: { parameters: readonly string[] }): Promise<void> {
  const { terminal } = context;
  const files = await readRunbookFiles(parameters);
  const { runbooks, problems } = loadRunbooks(await withIncludes(files));
  if (hasErrors(problems)) throw new RunbookFaultyError(problems);
  const published: RunbookVersionView[] = [];
  const own = runbooks.filter(({ file }) => files.some((one) => one.file === file));
  for (const { file, name, version, text } of inOrder(own)) {
    const answer = await context.client().runbooks.publish({ name, version }, { source: text, file });
    published.push(answer);
    for (const line of renderProblems(answer.problems, { paint: terminal.paint, width: terminal.columns() }))
      terminal.say(line);
    if (!context.json) terminal.data(`${name}@${version}  ${answer.digest ?? ""}`);
  }
  if (context.json) terminal.json(published);
}

/** What others include comes first. */
function inOrder<T extends { name: string; version: string; shape: { steps: readonly { step: object }[] } }>(
  runbooks: readonly T[],
): T[] {
  const left = new Map(runbooks.map((one) => [`${one.name}@${one.version}`, one]));
  const sorted: T[] = [];
  const take = (one: T): void => {
    left.delete(`${one.name}@${one.version}`);
    for (const { step } of one.shape.steps) {
      const included = "include" in step ? left.get(String(step.include)) : undefined;
      if (included) take(included);
    }
    sorted.push(one);
  };
  for (const one of runbooks) if (left.has(`${one.name}@${one.version}`)) take(one);
  return sorted;
}

const versionColumns = [
  {
    title: "VERSION",
    text: ({ version, current }: RunbookVersionView) => (current ? `${version} (current)` : version),
  },
  {
    title: "PUBLISHED",
    text: ({ publishedAt }: RunbookVersionView) => publishedAt ?? "",
    short: ({ publishedAt }: RunbookVersionView) => (publishedAt === null ? "" : absolute(publishedAt)),
    give: 2,
  },
  { title: "BY", text: ({ actor, origin }: RunbookVersionView) => actor ?? origin, give: 3 },
  {
    title: "DEPRECATED",
    text: ({ deprecated }: RunbookVersionView) => (deprecated === null ? "" : deprecationText(deprecated)),
    give: 1,
  },
  { title: "DIGEST", text: ({ digest }: RunbookVersionView) => digest ?? "", give: 4 },
];

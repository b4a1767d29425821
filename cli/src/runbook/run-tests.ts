import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Effect } from "@gantry/sdk";
import { hasErrors, loadRunbooks, readTests, type TestCase } from "@gantry/sdk/runbook-file";
import { testRunbook, type CaseResult, type MakesPlans } from "@gantry/sdk/testing";
import type { Context } from "../context.ts";
import { RunbookFaultyError, UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import type { Layout } from "../render/layout.ts";
import { safeLine } from "../render/safe-text.ts";
import { hanging } from "../render/text.ts";
import { plural } from "../render/words.ts";
import { openRunbook, requireCompiled, type OpenRunbook } from "./open-runbook.ts";
import type { OfflineOptions } from "./lint.ts";
import { readRunbookFiles } from "./read-files.ts";
import { tryServer } from "./try-server.ts";

interface TestedFile {
  file: string;
  results: readonly CaseResult[];
}

/** `gantry runbook test`: the cases of files, in memory. */
export async function testFiles(
  context: Context,
  { parameters: paths, options: { offline } }: { parameters: readonly string[]; options: OfflineOptions },
): Promise<ExitName> {
  const { terminal } = context;
  const effects = await effectsOfTools(context, offline);
  const tested: TestedFile[] = [];
  for (const { file } of await readRunbookFiles(paths)) {
    const open = await openRunbook(file);
    const cases = await casesOf(open);
    const runbooks = open.loaded.flatMap((one) => one.runbook ?? []);
    if (cases.length === 0) continue;
    const results = await testRunbook(open.runbook.runbook ?? plansOfServer(context, open), cases, {
      runbooks,
      effects,
    });
    tested.push({ file, results });
    if (!context.json)
      for (const line of renderResults({ file, results }, { paint: terminal.paintData, width: terminal.columns() }))
        terminal.data(line);
  }
  if (tested.length === 0)
    throw new UsageError("These files have no cases; add `tests:` to one.", "gantry runbook schema");
  if (context.json) terminal.json(tested);
  const all = tested.flatMap(({ results }) => results);
  const failed = all.filter(({ failures }) => failures.length > 0).length;
  terminal.say(`${plural(all.length, "case")}: ${all.length - failed} passed, ${failed} failed.`);
  return failed > 0 ? "failed" : "ok";
}

/** What it includes is no file here, so only a server can make its plans. */
function plansOfServer(context: Context, open: OpenRunbook): MakesPlans {
  if (hasErrors(loadRunbooks(open.files).problems)) requireCompiled(open);
  const files = open.files.map(({ file, text }) => ({ file, text }));
  return async (given) => (await context.client().runbooks.render({ files, ...given, assess: false })).plan;
}

/** Those of the file, and of `<name>.test.yaml` beside it. */
async function casesOf({ runbook }: OpenRunbook): Promise<readonly TestCase[]> {
  const beside = runbook.file.replace(/\.(ya?ml)$/, ".test.$1");
  if (beside === runbook.file || !existsSync(beside)) return runbook.tests;
  const { tests, problems } = readTests({ file: beside, text: await readFile(beside, "utf8") });
  if (hasErrors(problems)) throw new RunbookFaultyError(problems);
  return [...runbook.tests, ...tests];
}

async function effectsOfTools(context: Context, offline: boolean | undefined): Promise<Map<string, Effect>> {
  const agents = await tryServer(context, offline, (client) => client.agents.list());
  return new Map(
    (agents?.items ?? []).flatMap(({ tools }) => tools.map(({ name, effect }) => [name, effect] as const)),
  );
}

function renderResults({ file, results }: TestedFile, { paint, width }: Layout): string[] {
  return [
    paint("bold", safeLine(file)),
    ...results.flatMap(({ name, failures }) => [
      ...hanging(failures.length === 0 ? "  ok      " : "  FAILED  ", safeLine(name), width),
      ...failures.flatMap((failure) => hanging("          ", safeLine(failure), width)),
    ]),
  ];
}

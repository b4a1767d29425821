import { loadRunbooks, type RunbookProblem, type RunbookSource } from "@gantry/sdk/runbook-file";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { problemLine, renderProblems } from "../render/runbook-problems.ts";
import { plural } from "../render/words.ts";
import { readRunbookFiles, withIncludes } from "./read-files.ts";
import { tryServer } from "./try-server.ts";

export interface OfflineOptions {
  offline?: boolean;
}

/** `gantry runbook lint` */
export async function lintFiles(
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
async function checkFiles(
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

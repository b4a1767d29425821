import type { RunbookVersionView } from "@gantry/sdk/api";
import { hasErrors, loadRunbooks, parseReference } from "@gantry/sdk/runbook-file";
import type { Context } from "../context.ts";
import { RunbookFaultyError, UsageError } from "../errors.ts";
import { renderProblems } from "../render/runbook-problems.ts";
import { readRunbookFiles, withIncludes } from "./read-files.ts";

export interface DeprecateOptions {
  use?: string;
  reason?: string;
  restore?: boolean;
}

/** `gantry runbook publish` */
export async function publishFiles(context: Context, { parameters }: { parameters: readonly string[] }): Promise<void> {
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

/** `gantry runbook deprecate` */
export async function deprecateVersion(
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

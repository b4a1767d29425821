import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import type { PolicyProblem } from "@gantry/sdk/api";
import type { Context } from "../context.ts";
import { FileUnreadableError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { problemLine, renderProblems } from "../render/runbook-problems.ts";
import { plural } from "../render/words.ts";

/** `gantry policy lint` */
export async function lintPolicies(
  context: Context,
  { files, place }: { files: readonly string[]; place: { project?: string; environment?: string } },
): Promise<ExitName> {
  const problems = [];
  for (const file of files) {
    const found = await context.client().policies.lint({ text: await readPolicy(context, file), ...place });
    problems.push(...inFile(file, found.problems));
  }
  if (context.json) context.terminal.json(problems);
  else showProblems(context, problems);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = plural(problems.length - errors, "warning");
  context.terminal.say(`${plural(files.length, "file")}: ${plural(errors, "error")}, ${warnings}.`);
  return errors > 0 ? "usage" : "ok";
}

type FileProblem = PolicyProblem & { file: string; code: string };

export function inFile(file: string, problems: readonly PolicyProblem[]): FileProblem[] {
  return problems.map((problem) => ({ ...problem, file, code: problem.rule }));
}

export function showProblems({ terminal }: Context, problems: readonly FileProblem[]): void {
  if (terminal.dataIsTerminal) {
    for (const line of renderProblems(problems, { paint: terminal.paintData, width: terminal.columns() }))
      terminal.data(line);
  } else for (const problem of problems) terminal.data(problemLine(problem));
}

/** @throws FileUnreadableError */
export async function readPolicy({ stdin }: Context, file: string): Promise<string> {
  if (file === "-") return readAll(stdin);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}

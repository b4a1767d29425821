import { loadRunbooks, type LoadedRunbook, type RunbookSource } from "@gantry/sdk/runbook-file";
import { RunbookFaultyError, UsageError } from "../errors.ts";
import { readRunbookFiles, withIncludes } from "./read-files.ts";

export interface OpenRunbook {
  readonly runbook: LoadedRunbook;
  /** Itself first, then what it includes of the files beside it. */
  readonly files: readonly RunbookSource[];
  /** All of them, compiled as far as nobody has to be asked. */
  readonly loaded: readonly LoadedRunbook[];
}

/** The runbook in a file. @throws UsageError, RunbookFaultyError where there is none to speak of */
export async function openRunbook(path: string): Promise<OpenRunbook> {
  const named = await readRunbookFiles([path]);
  const [first, ...others] = named;
  if (first === undefined || others.length > 0)
    throw new UsageError(`${path} isn't one file.`, "gantry runbook lint <folder>");
  const files = await withIncludes(named);
  const { runbooks, problems } = loadRunbooks(files);
  const runbook = runbooks.find(({ file }) => file === first.file);
  if (!runbook) throw new RunbookFaultyError(problems);
  return { runbook, files, loaded: runbooks };
}

/** That and compiled: it has no errors, and what it includes is there. @throws RunbookFaultyError */
export function requireCompiled({ runbook, files }: OpenRunbook): NonNullable<LoadedRunbook["runbook"]> {
  if (runbook.runbook) return runbook.runbook;
  throw new RunbookFaultyError(loadRunbooks(files).problems);
}

import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { RunbookSource } from "@gantry/sdk/runbook-file";
import { RunbookFolderUnreadableError } from "./errors.ts";

/**
 * The YAML files of a folder and of those below it, by path; none where there is no folder. Files of test cases stay out.
 * @throws RunbookFolderUnreadableError
 */
export async function readRunbookFolder(folder: string | undefined): Promise<RunbookSource[]> {
  if (folder === undefined) return [];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && /(?<!\.test)\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
    return await Promise.all(
      files.map(async (file) => ({ file: relative(folder, file), text: await readFile(file, "utf8") })),
    );
  } catch (error) {
    throw new RunbookFolderUnreadableError(folder, error);
  }
}

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { includesOf, loadRunbooks, parseReference, type RunbookSource } from "@gantry/sdk/runbook-file";
import { FileUnreadableError } from "../errors.ts";

const isRunbook = (name: string): boolean => /(?<!\.test)\.ya?ml$/.test(name);

/** The files that were named; of a folder all YAML files in it and below, but not files of test cases. @throws FileUnreadableError */
export async function readRunbookFiles(paths: readonly string[]): Promise<RunbookSource[]> {
  const files = await Promise.all(paths.map(filesAt));
  return Promise.all([...new Set(files.flat())].map(readSource));
}

async function filesAt(place: string): Promise<string[]> {
  try {
    if (!(await stat(place)).isDirectory()) return [place];
    const entries = await readdir(place, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && isRunbook(entry.name) && !entry.parentPath.includes("node_modules"))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted();
  } catch (cause) {
    throw new FileUnreadableError(place, (cause as Error).message, { cause });
  }
}

async function readSource(file: string): Promise<RunbookSource> {
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (cause) {
    throw new FileUnreadableError(file, (cause as Error).message, { cause });
  }
}

/** What the files include and isn't among them, from the files beside them. */
export async function withIncludes(files: readonly RunbookSource[]): Promise<RunbookSource[]> {
  const all = [...files];
  const beside = new Map<string, RunbookSource[]>();
  for (let from = 0; from < all.length; from += 1) {
    const source = all[from] as RunbookSource;
    for (const reference of includesOf(source)) {
      const folder = path.dirname(source.file);
      if (!beside.has(folder)) beside.set(folder, await readBeside(folder));
      const found = beside.get(folder)?.find((one) => isReferred(one, reference));
      if (found && !all.some(({ file }) => path.resolve(file) === path.resolve(found.file))) all.push(found);
    }
  }
  return all;
}

function isReferred(source: RunbookSource, reference: string): boolean {
  const { name, version } = parseReference(reference);
  return loadRunbooks([source]).runbooks.some((one) => one.name === name && one.version === version);
}

async function readBeside(folder: string): Promise<RunbookSource[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isRunbook(entry.name));
  return Promise.all(files.map((entry) => readSource(path.join(folder, entry.name))));
}

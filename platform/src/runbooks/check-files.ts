import { loadRunbooks, type Loaded, type RunbookSource } from "@gantry/sdk/runbook-file";
import type { Catalog } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { includedFiles } from "./included-files.ts";
import { installed } from "./surroundings.ts";

/** Files together with what they include of the organization's published runbooks. */
export async function openFiles(
  deps: { db: Queryable; org: string; catalog: Catalog },
  files: readonly RunbookSource[],
): Promise<RunbookSource[]> {
  const { runbooks } = loadRunbooks(files);
  const own = new Set(runbooks.map(({ name, version }) => `${name}@${version}`));
  return [...files, ...(await includedFiles(deps, files, own))];
}

/** All that is wrong with the first `count` files. */
export function checkFiles(catalog: Catalog, files: readonly RunbookSource[], count: number): Loaded {
  const { runbooks, problems } = loadRunbooks(files, installed(catalog));
  const own = new Set(files.slice(0, count).map(({ file }) => file));
  return {
    runbooks: runbooks.filter(({ file }) => own.has(file)),
    problems: problems.filter(({ file }) => own.has(file)),
  };
}

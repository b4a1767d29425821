import { newestOf } from "@gantry/sdk/runbook-file";
import type { Catalog } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { listRunbookVersions } from "../store/plans/runbook-versions.ts";
import { RunbookInvalidError } from "./errors.ts";
import type { FindRunbook, FoundRunbook } from "./find-runbook.ts";

/** All that an organization can run and that isn't deprecated, by name: what is installed, then what it published. */
export async function currentRunbooks(
  { catalog, findRunbook }: { catalog: Pick<Catalog, "runbooks">; findRunbook: FindRunbook },
  db: Queryable,
  org: string,
): Promise<Map<string, FoundRunbook>> {
  const found = new Map<string, FoundRunbook>();
  for (const [name, { runbook, file }] of catalog.runbooks)
    if (!runbook.spec.deprecated) found.set(name, { runbook, digest: file?.digest });
  for (const [name] of await publishedBy(db, org)) {
    const one = await ifUsable(findRunbook(db, org, name));
    if (one !== null) found.set(name, one);
  }
  return found;
}

/** Name, version and digest of what an organization published and is current. */
export async function publishedBy(db: Queryable, org: string): Promise<[string, string, string][]> {
  const rows = await listRunbookVersions(db, org);
  return [...new Set(rows.map(({ name }) => name))].toSorted().flatMap((name): [string, string, string][] => {
    const versions = rows.filter((row) => row.name === name);
    const newest = newestOf(versions.map(({ version }) => version));
    const current = versions.find(({ version }) => version === newest);
    return current === undefined || current.deprecated !== null ? [] : [[name, current.version, current.digest]];
  });
}

/** A runbook that no longer fits what is installed can't be run, so it isn't offered. */
export async function ifUsable(runbook: Promise<FoundRunbook>): Promise<FoundRunbook | null> {
  try {
    return await runbook;
  } catch (error) {
    if (error instanceof RunbookInvalidError) return null;
    throw error;
  }
}

import { includesOf, parseReference, type RunbookSource } from "@gantry/sdk/runbook-file";
import type { Catalog } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { findRunbookSource } from "../store/plans/runbook-versions.ts";

/** No runbook that people can still read has more. */
const maximumFiles = 200;

/** The published runbooks that these files include, those that they include in turn among them. */
export async function includedFiles(
  { db, org, catalog }: { db: Queryable; org: string; catalog: Catalog },
  files: readonly RunbookSource[],
  known: ReadonlySet<string>,
): Promise<RunbookSource[]> {
  const found = new Map<string, RunbookSource>();
  const looked = new Set(known);
  let next = files.flatMap(includesOf);
  while (next.length > 0 && found.size < maximumFiles) {
    const references = [...new Set(next)].filter((reference) => !looked.has(reference));
    next = [];
    for (const reference of references) {
      looked.add(reference);
      const { name, version } = parseReference(reference);
      if (version === undefined || catalog.versions.has(name)) continue;
      const row = await findRunbookSource(db, org, { name, version });
      if (row === null) continue;
      const source = { file: reference, text: row.source, deprecated: row.deprecated };
      found.set(reference, source);
      next.push(...includesOf(source));
    }
  }
  return [...found.values()];
}

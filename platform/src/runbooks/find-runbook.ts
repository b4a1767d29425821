import { makePlan, RunbookUnknownError, type Digest, type Plan, type PlanRequest, type Runbook } from "@gantry/sdk";
import { loadRunbooks, newestOf, parseReference, type RunbookProblem } from "@gantry/sdk/runbook-file";
import type { Catalog } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { findRunbookSource, listRunbookVersions } from "../store/runbook-versions.ts";
import { RunbookInvalidError } from "./errors.ts";
import { includedFiles } from "./included-files.ts";
import { installed } from "./surroundings.ts";

export interface FoundRunbook {
  readonly runbook: Runbook;
  /** Of its file, where it is one. */
  readonly digest: Digest | undefined;
}

/** By `name`, its current version, or by `name@version`. @throws RunbookUnknownError, RunbookInvalidError */
export type FindRunbook = (db: Queryable, org: string, reference: string) => Promise<FoundRunbook>;

const maximumKept = 500;

/** Published versions never change, so what was compiled once is kept. */
export function createFindRunbook(catalog: Catalog): FindRunbook {
  const kept = new Map<string, FoundRunbook>();
  return async (db, org, reference) => {
    const { name, version } = parseReference(reference);
    const versions = catalog.versions.get(name);
    if (versions !== undefined) {
      const found =
        version === undefined
          ? catalog.runbooks.get(name)
          : versions.find(({ runbook }) => runbook.spec.version === version);
      if (!found)
        throw new RunbookUnknownError(
          reference,
          namesOf(
            name,
            versions.map(({ runbook }) => runbook.spec.version),
          ),
        );
      return { runbook: found.runbook, digest: found.file?.digest };
    }
    const wanted = version ?? (await currentVersion(db, org, name));
    if (wanted === undefined) throw new RunbookUnknownError(reference, await allNames(catalog, db, org));
    const key = JSON.stringify([org, name, wanted]);
    const known = kept.get(key);
    if (known) return known;
    const found = await compile({ db, org, catalog }, { name, version: wanted });
    if (kept.size >= maximumKept) kept.delete(kept.keys().next().value ?? "");
    kept.set(key, found);
    return found;
  };
}

/** @throws the errors of `makePlan`. */
export function makePlanOf({ tools }: Pick<Catalog, "tools">, found: FoundRunbook, request: PlanRequest): Plan {
  return makePlan({ tools, runbooks: new Map([[request.runbook, found]]) }, request);
}

async function currentVersion(db: Queryable, org: string, name: string): Promise<string | undefined> {
  const rows = await listRunbookVersions(db, org, name);
  return newestOf(rows.map(({ version }) => version));
}

async function allNames(catalog: Catalog, db: Queryable, org: string): Promise<string[]> {
  const published = await listRunbookVersions(db, org);
  return [...new Set([...catalog.runbooks.keys(), ...published.map(({ name }) => name)])].toSorted();
}

function namesOf(name: string, versions: readonly string[]): string[] {
  return versions.map((version) => `${name}@${version}`);
}

async function compile(
  { db, org, catalog }: { db: Queryable; org: string; catalog: Catalog },
  { name, version }: { name: string; version: string },
): Promise<FoundRunbook> {
  const row = await findRunbookSource(db, org, { name, version });
  const reference = `${name}@${version}`;
  if (row === null) {
    const rows = await listRunbookVersions(db, org, name);
    const known = namesOf(
      name,
      rows.map((one) => one.version),
    );
    throw new RunbookUnknownError(reference, known.length > 0 ? known : await allNames(catalog, db, org));
  }
  const file = { file: reference, text: row.source };
  const included = await includedFiles({ db, org, catalog }, [file], new Set([reference]));
  const { runbooks, problems } = loadRunbooks([file, ...included], installed(catalog));
  const runbook = runbooks.find((one) => one.file === reference)?.runbook;
  if (!runbook) throw new RunbookInvalidError(reference, ofFile(problems, reference));
  return { runbook, digest: row.digest };
}

function ofFile(problems: readonly RunbookProblem[], file: string): RunbookProblem[] {
  return problems.filter((one) => one.file === file);
}

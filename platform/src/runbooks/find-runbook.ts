import { makePlan, RunbookUnknownError, type Digest, type Plan, type PlanRequest, type Runbook } from "@gantry/sdk";
import { loadRunbooks, newestOf, parseReference, type RunbookProblem } from "@gantry/sdk/runbook-file";
import { withTools, type Catalog, type MoreTools } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { findRunbookSource, listRunbookVersions } from "../store/plans/runbook-versions.ts";
import { RunbookInvalidError } from "./errors.ts";
import { includedFiles } from "./included-files.ts";
import { installed } from "./surroundings.ts";

export interface FoundRunbook {
  readonly runbook: Runbook;
  /** Of its file, where it is one. */
  readonly digest: Digest | undefined;
  /** What it can use besides what is installed: tools of servers that its organization approved. */
  readonly tools?: MoreTools;
}

/** By `name`, its current version, or by `name@version`. @throws RunbookUnknownError, RunbookInvalidError */
export type FindRunbook = (db: Queryable, org: string, reference: string) => Promise<FoundRunbook>;

/** What an organization approved of servers' tools. */
export type FindMcpTools = (db: Queryable, org: string) => Promise<MoreTools>;

const maximumKept = 500;

/** Published versions never change, so what was compiled once is kept. What is approved of servers' tools is read each time. */
export function createFindRunbook(catalog: Catalog, mcpTools: FindMcpTools): FindRunbook {
  const kept = new Map<string, FoundRunbook & { usesMcp: boolean }>();
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
    if (known) return known.usesMcp ? { ...known, tools: await mcpTools(db, org) } : known;
    const tools = await mcpTools(db, org);
    const found = await compile({ db, org, catalog: withTools(catalog, tools) }, { name, version: wanted });
    if (kept.size >= maximumKept) kept.delete(kept.keys().next().value ?? "");
    kept.set(key, found);
    return { ...found, tools };
  };
}

/** @throws the errors of `makePlan`. */
export function makePlanOf({ tools: own }: Pick<Catalog, "tools">, found: FoundRunbook, request: PlanRequest): Plan {
  const tools = { get: (name: string) => own.get(name) ?? found.tools?.get(name) };
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
): Promise<FoundRunbook & { usesMcp: boolean }> {
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
  return { runbook, digest: row.digest, usesMcp: [file, ...included].some(({ text }) => text.includes("mcp.")) };
}

function ofFile(problems: readonly RunbookProblem[], file: string): RunbookProblem[] {
  return problems.filter((one) => one.file === file);
}

import type { Digest, JsonObject } from "@gantry/sdk";
import type { LoadedRunbook, RunbookProblem, RunbookSource } from "@gantry/sdk/runbook-file";
import { z } from "zod";
import type { Catalog } from "../catalog/index.ts";
import type { Queryable } from "../store/queryable.ts";
import {
  countRunbookVersions,
  findRunbookSource,
  insertRunbookVersion,
  type RunbookSummary,
} from "../store/plans/runbook-versions.ts";
import { checkFiles, openFiles } from "./check-files.ts";
import {
  RunbookIdentityError,
  RunbookInstalledError,
  RunbookInvalidError,
  RunbookLimitError,
  RunbookVersionTakenError,
} from "./errors.ts";

export interface Publication {
  name: string;
  version: string;
  file: RunbookSource;
  actor: { id: string; name: string };
}

const maximumVersions = 5_000;

/**
 * Keeps a file as a version of a runbook, once it has no errors. The same file again is no change.
 * @returns its warnings and digest.
 * @throws RunbookInvalidError, RunbookIdentityError, RunbookInstalledError, RunbookVersionTakenError, RunbookLimitError
 */
export async function publishRunbook(
  { db, org, catalog }: { db: Queryable; org: string; catalog: Catalog },
  { name, version, file, actor }: Publication,
): Promise<{ digest: Digest; problems: readonly RunbookProblem[] }> {
  const files = await openFiles({ db, org, catalog }, [file]);
  const { runbooks, problems } = checkFiles(catalog, files, 1);
  const [loaded] = runbooks;
  if (!loaded?.runbook) throw new RunbookInvalidError(file.file, problems);
  if (loaded.name !== name || loaded.version !== version)
    throw new RunbookIdentityError(`${name}@${version}`, `${loaded.name}@${loaded.version}`);
  if (catalog.versions.has(name)) throw new RunbookInstalledError(name);
  const { digest } = loaded;
  const before = await findRunbookSource(db, org, { name, version });
  if (before === null) {
    if ((await countRunbookVersions(db, org)) >= maximumVersions) throw new RunbookLimitError(maximumVersions);
    const summary = summaryOf(loaded);
    const isNew = await insertRunbookVersion(db, { org, name, version, digest, source: file.text, summary, actor });
    if (isNew) return { digest, problems };
  }
  const kept = before ?? (await findRunbookSource(db, org, { name, version }));
  if (kept?.digest !== digest) throw new RunbookVersionTakenError(name, version);
  return { digest, problems };
}

function summaryOf({ runbook }: LoadedRunbook): RunbookSummary {
  const { title = "", description, intents, examples, parameters = z.object({}) } = runbook?.spec ?? {};
  return {
    title,
    description: description ?? null,
    intents: [...(intents ?? [])],
    examples: [...(examples ?? [])],
    parameters: z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }) as JsonObject,
  };
}

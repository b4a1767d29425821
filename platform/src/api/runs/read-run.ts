import { LRUCache } from "lru-cache";
import { loadTogether } from "../../lib/load-together.ts";
import { inOrganization, inSnapshot, type Queryable } from "../../store/organization.ts";
import { foldRun } from "../../store/journal/run-history.ts";
import { findRun, listDerived, runVersions } from "../../store/runs/run-list.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { missingRun } from "./run-access.ts";
import { runDetail, runSummary } from "./run-view.ts";

interface Wanted {
  org: string;
  run: string;
}

interface Kept {
  version: string;
  /** JSON of the run in full. */
  text: string;
}

/** UTF-16 units of all texts that are kept. */
const most = 8 * 1024 * 1024;

/**
 * Reads runs in full, as JSON text. Folding a run's events costs more than anything else that a read does, so texts are kept
 * and told apart by the version of every row that they show; the version is asked for each time, together for all who ask
 * at once. It is read before what it stands for, so a text may be newer than its version, never older.
 */
export function createRunReader({ pool }: Pick<ApiDeps, "pool">): (wanted: Wanted) => Promise<string> {
  const kept = new LRUCache<string, Kept>({ maxSize: most, sizeCalculation: ({ text }) => text.length + 1 });
  const making = new Map<string, Promise<string>>();

  const versionOf = loadTogether(readVersions, { identify: keyOf });

  return async (wanted) => {
    const key = keyOf(wanted);
    const version = await versionOf(wanted);
    const held = kept.get(key);
    if (version !== "" && held?.version === version) return held.text;
    const same = `${key} ${version}`;
    const text = making.get(same) ?? make(wanted, key, version).finally(() => making.delete(same));
    making.set(same, text);
    return text;
  };

  async function readVersions(wanted: readonly Wanted[]): Promise<string[]> {
    const found = new Map<string, string>();
    const orgs = Map.groupBy(wanted, ({ org }) => org);
    await Promise.all(
      [...orgs].map(async ([org, asked]) => {
        const runs = asked.map(({ run }) => run);
        const versions = await inOrganization(pool, org, (db) => runVersions(db, runs));
        for (const { id, version } of versions) found.set(keyOf({ org, run: id }), version);
      }),
    );
    return wanted.map((one) => found.get(keyOf(one)) ?? "");
  }

  async function make({ org, run }: Wanted, key: string, version: string): Promise<string> {
    // Its row and its events are of one moment: a run that has ended never seems to go on.
    const text = await inSnapshot(pool, org, (db) => readRun(db, run));
    kept.set(key, { version, text });
    return text;
  }
}

function keyOf({ org, run }: Wanted): string {
  return `${org} ${run}`;
}

/** @throws NotFoundError, RunArchivedError */
async function readRun(db: Queryable, run: string): Promise<string> {
  const row = await findRun(db, run);
  if (row === null) throw await missingRun(db, run);
  const folded = await foldRun(db, run);
  if (folded === null) throw new NotFoundError();
  const derived = (await listDerived(db, run)).map(({ createdAt, ...one }) => ({
    ...one,
    createdAt: createdAt.toISOString(),
  }));
  return JSON.stringify(runDetail(runSummary(row), folded, derived));
}

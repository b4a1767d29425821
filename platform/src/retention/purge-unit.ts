import { platformActor } from "@gantry/sdk";
import type { Pool } from "pg";
import type { BlobStore } from "../blobs/index.ts";
import type { Log } from "../lib/log.ts";
import { writeAudit } from "../store/records/audit-records.ts";
import { keepPurgedLeaves } from "../store/records/audit-seals.ts";
import { insertEntry, lastEntry, readRunFacts, type RunFacts } from "../store/records/archive.ts";
import { notPurgeable, purgeableWith, purgeRuns, type OrganizationRule } from "../store/records/retention.ts";
import { inTransaction } from "../store/transaction.ts";
import { archiveRun, type ArchivedContent } from "./archive-run.ts";
import { nextEntry } from "./entry.ts";

export interface PurgeDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  blobs: BlobStore;
  /** Days that a run which changed something is kept at least. */
  undoDays: number;
  now(): number;
  newId(): string;
  log: Log;
}

/**
 * Archives and purges a run and those that go with it, unless one of them must stay.
 *
 * In the order in which they are stored: archives first, then entries and purge together, so that neither is without the other.
 * @returns how many runs were purged.
 */
export async function purgeUnit(
  deps: PurgeDeps,
  { org, keepDays, setBy }: OrganizationRule,
  root: string,
): Promise<number> {
  const { pool, blobs, undoDays } = deps;
  const runs = await purgeableWith(pool, root, { keepDays, undoDays });
  if (runs === null) return 0;
  const archived: { run: string; facts: RunFacts; content: ArchivedContent }[] = [];
  for (const run of runs) {
    const facts = await readRunFacts(pool, run);
    if (facts === null) return 0;
    archived.push({ run, facts, content: await archiveRun(deps, org, run) });
  }
  try {
    const logs = await inTransaction(pool, async (tx) => {
      let last = await lastEntry(tx, org);
      for (const one of archived) {
        const entry = nextEntry(last, { ...one, rule: { keepDays, setBy }, at: new Date(deps.now()) });
        await insertEntry(tx, org, entry, one.facts.seq);
        last = entry;
      }
      await keepPurgedLeaves(tx, runs);
      await writeAudit(tx, {
        id: deps.newId(),
        org,
        actor: platformActor,
        action: "runs.purge",
        target: { runs },
        details: { keepDays, setBy: setBy && { ...setBy } },
      });
      return purgeRuns(tx, runs);
    });
    await blobs.deleteMany(org, logs);
    deps.log.info({ org, runs, keepDays }, "Runs were archived and purged");
    return runs.length;
  } catch (error) {
    // What was stored of them stays for the sweep: another process may have archived the very same.
    if ((error as { code?: string }).code !== notPurgeable) throw error;
    deps.log.info({ org, runs }, "Runs that were to be purged are needed after all");
    return 0;
  }
}

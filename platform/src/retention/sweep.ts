import type { Digest } from "@gantry/sdk";
import type { Pool } from "pg";
import type { BlobStore } from "../blobs/index.ts";
import type { Log } from "../lib/log.ts";
import {
  digestsNamedBy,
  forgetReferences,
  listRunIds,
  looseArchives,
  organizationsWithReferences,
  purgePlans,
  readReferences,
  stillStored,
} from "../store/records/unused-content.ts";
import { inTransaction } from "../store/transaction.ts";

export interface SweepDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  blobs: BlobStore;
  log: Log;
}

/** Looked for at once; what is left comes the next day. */
const atOnce = 10_000;
const runsAtOnce = 50;
/** An attempt may store content long before its end, which alone names it in the history. */
const settledMs = 7 * 24 * 3_600_000;
const firstId = "00000000-0000-0000-0000-000000000000";

/**
 * Removes content and plans that only purged runs referred to. Nobody keeps count of references, which would cost every run
 * something: what is left of the organization's histories is read instead, once for all that was purged since the last time.
 *
 * @returns how many were removed.
 */
export async function sweepUnused(deps: SweepDeps): Promise<number> {
  let removed = 0;
  for (const org of await organizationsWithReferences(deps.pool)) removed += await sweepOrganization(deps, org);
  for (const [org, loose] of Map.groupBy(await looseArchives(deps.pool), (one) => one.org)) {
    const digests = loose.map(({ digest }) => digest);
    removed += await deps.blobs.deleteMany(org, digests);
  }
  if (removed > 0) deps.log.info({ removed }, "Content that no run refers to was removed");
  return removed;
}

async function sweepOrganization({ pool, blobs, log }: SweepDeps, org: string): Promise<number> {
  const { digests, looked } = await readReferences(pool, org, atOnce);
  const unused = new Set(digests);
  for (let after = firstId; ;) {
    const runs = await listRunIds(pool, org, after, runsAtOnce);
    for (const digest of await digestsNamedBy(pool, runs, [...unused])) unused.delete(digest);
    if (runs.length < runsAtOnce) break;
    after = runs.at(-1) ?? after;
  }
  let removed = await blobs.deleteMany(org, [...unused], new Date(looked.getTime() - settledMs));
  try {
    removed += await inTransaction(pool, (tx) => purgePlans(tx, org, [...unused], looked));
  } catch (err) {
    log.info({ err, org }, "Plans that no run has stay until the next time");
  }
  // What was stored again lately is looked at again; of the rest it is known now.
  const kept = await stillStored(pool, org, [...unused]);
  const known = digests.filter((digest: Digest) => !kept.has(digest));
  await forgetReferences(pool, org, known, looked);
  return removed;
}

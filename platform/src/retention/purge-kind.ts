import { platformActor, type JsonObject } from "@gantry/sdk";
import type { Pool } from "pg";
import type { BlobStore } from "../blobs/index.ts";
import type { Log } from "../lib/log.ts";
import { kindRules, retentionKinds } from "../domain/retention-kinds.ts";
import { writeAudit } from "../store/records/audit-records.ts";
import {
  forgetEnded,
  kindsInForce,
  markOldArchives,
  purgeAudit,
  removeOld,
  removeOldLogs,
  type KindInForce,
} from "../store/records/retention-kinds.ts";
import { inTransaction } from "../store/transaction.ts";

export interface PurgeKindDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  blobs: Pick<BlobStore, "deleteMany">;
  newId(): string;
  log: Log;
}

const rowsAtOnce = 1_000;

/**
 * Removes, kind by kind, what is older than its organization wants it. A batch and the record of it are one transaction.
 * @param goOn asked before each batch. @returns how many rows went.
 */
export async function purgeKinds(deps: PurgeKindDeps, goOn: () => Promise<boolean>): Promise<number> {
  const defaults = retentionKinds.map((kind) => ({ kind, days: kindRules[kind].defaultDays }));
  let all = 0;
  for (const one of await kindsInForce(deps.pool, defaults)) {
    let removed = 0;
    for (;;) {
      if (!(await goOn())) return all;
      const batch = await purgeBatch(deps, one);
      removed += batch;
      if (batch === 0) break;
    }
    all += removed;
    if (removed > 0) deps.log.info({ ...one, removed }, "What was older than the organization keeps it was removed");
  }
  while ((await goOn()) && (await forgetEnded(deps.pool, rowsAtOnce)) >= rowsAtOnce);
  return all;
}

async function purgeBatch({ pool, blobs, newId }: PurgeKindDeps, one: KindInForce): Promise<number> {
  const { org, kind, keepDays, setBy } = one;
  const details: JsonObject = { keepDays, setBy: setBy && { ...setBy } };
  if (kind === "audit")
    return purgeAudit(pool, one, { most: rowsAtOnce, who: platformActor, details, record: newId() });
  const record = { id: newId(), org, actor: platformActor, action: "retention.purge", target: { kind } };
  if (kind === "logs" || kind === "archives") {
    const take = kind === "logs" ? removeOldLogs : markOldArchives;
    return inTransaction(pool, async (tx) => {
      const digests = await take(tx, one, rowsAtOnce);
      if (digests.length === 0) return 0;
      await writeAudit(tx, { ...record, details: { ...details, count: digests.length } });
      // Before the commit: cut short here, the rows still name what is gone, and the next look ends it.
      await blobs.deleteMany(org, digests);
      return digests.length;
    });
  }
  return inTransaction(pool, async (tx) => {
    const { removed, rest } = await removeOld(tx, one, rowsAtOnce);
    if (removed > 0) await writeAudit(tx, { ...record, details: { ...details, count: removed } });
    return removed + rest;
  });
}

import { createHash } from "node:crypto";
import { canonicalJson, platformActor, type JsonObject } from "@gantry/sdk";
import type { Pool } from "pg";
import type { BlobStore } from "../blobs/index.ts";
import type { Signer } from "../signing/index.ts";
import { writeAudit } from "../store/records/audit-records.ts";
import {
  endErasure,
  erasePart,
  erasureFacts,
  liveRuns,
  noteErasure,
  someBlobs,
  type ErasureFacts,
  type LiveRun,
  type OpenErasure,
} from "../store/organization/erasures.ts";
import { sendMessage } from "../store/journal/inbox.ts";
import { inTransaction } from "../store/transaction.ts";

export interface ErasureDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  blobs: Pick<BlobStore, "deleteMany">;
  signer: Pick<Signer, "sign">;
  /** Unix milliseconds. */
  now(): number;
  newId(): string;
}

const rowsAtOnce = 5_000;
const blobsAtOnce = 500;

/**
 * Cancels what still runs; once nothing does, erases content, then rows of every table that has any, then the organization. It
 * may be stopped at any moment: what is left is found again.
 * @returns whether nothing is left of it.
 */
export async function eraseOrganization(deps: ErasureDeps, one: OpenErasure, signal?: AbortSignal): Promise<boolean> {
  const { pool, blobs } = deps;
  const live = await liveRuns(pool, one.org);
  if (live.some(({ stuck }) => !stuck)) {
    await cancelAll(deps, one, live);
    return false;
  }
  await noteErasure(
    pool,
    one.org,
    live.map(({ id }) => id),
  );
  for (;;) {
    if (isOver(signal)) return false;
    const digests = await someBlobs(pool, one.org, blobsAtOnce);
    if (digests.length === 0) break;
    await blobs.deleteMany(one.org, digests);
  }
  while (await erasePart(pool, one.org, rowsAtOnce)) if (isOver(signal)) return false;
  return leaveReceipt(deps, one);
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** In the platform's name: who asked for it is disabled like everybody else. */
async function cancelAll({ pool }: Pick<ErasureDeps, "pool">, { org }: OpenErasure, runs: readonly LiveRun[]) {
  await inTransaction(pool, async (tx) => {
    for (const { id } of runs) {
      const message = { kind: "cancel" as const, undo: false, reason: "The organization is being deleted" };
      await sendMessage(tx, { id: onceId(org, id), run: id, message, actor: platformActor });
    }
  });
}

/** The same for the same run, so that it is told once. A UUID of version 8: its bits are our own. */
function onceId(org: string, run: string): string {
  const hex = createHash("sha256").update(`erase ${org} ${run}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function leaveReceipt({ pool, signer, now, newId }: ErasureDeps, one: OpenErasure): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const facts = await erasureFacts(tx, one.org);
    // Another server was first.
    if (facts === null) return true;
    const at = new Date(now());
    const receipt = canonicalJson(documentOf(one, facts, at));
    const signature = JSON.stringify(await signer.sign(Buffer.from(receipt)));
    await endErasure(tx, { org: one.org, receipt, signature, at });
    await writeAudit(tx, {
      id: newId(),
      org: null,
      actor: platformActor,
      onBehalfOf: one.actor,
      action: "organizations.erase",
      target: { organization: one.org, name: one.name },
    });
    return true;
  });
}

function documentOf(one: OpenErasure, facts: ErasureFacts, at: Date): JsonObject {
  return {
    type: "gantry.organization.erased",
    version: 1,
    organization: { id: one.org, name: one.name },
    askedFor: { by: one.actor, at: one.startedAt.toISOString() },
    erasedAt: at.toISOString(),
    tables: facts.counts,
    blobs: facts.blobs,
    unsettledRuns: facts.unsettled,
    auditHead: facts.auditHead,
  };
}

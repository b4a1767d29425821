import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import type { Signer } from "../signing/index.ts";
import { insertSeals, rowsPerSeal, takeLeaves } from "../store/records/audit-seals.ts";
import { inTransaction } from "../store/transaction.ts";
import { sealHash, sealText } from "./seal.ts";

export interface SealerDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  signer: Signer;
  now(): number;
  log: Log;
}

/** What is written is sealed within two seconds: this, and the time that a look takes. */
const everyMs = 700;

/** Seals what was written, until it is stopped. Every process may; the database lets one at a time. */
export function startSealer(deps: SealerDeps): { stop(): Promise<void> } {
  const stop = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await enforceSeals(deps).catch((err: unknown) =>
        deps.log.warn({ err }, "The audit trail can't be sealed; trying again"),
      );
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    // What the stop itself wrote, too.
    await enforceSeals(deps).catch(() => undefined);
  };
  const running = run();
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Seals all that may be sealed now. @returns how many rows; null when another process is at it. */
export async function enforceSeals(deps: SealerDeps): Promise<number | null> {
  for (let sealed = 0; ;) {
    const done = await sealOnce(deps);
    if (done === null) return null;
    sealed += done;
    // More than fits into one seal was waiting, so more may be.
    if (done < rowsPerSeal) return sealed;
  }
}

async function sealOnce({ pool, signer, now }: SealerDeps): Promise<number | null> {
  return inTransaction(pool, async (tx) => {
    const open = await takeLeaves(tx);
    if (open === null || open.length === 0) return open && 0;
    const sealedAt = new Date(now());
    const seals = await Promise.all(
      open.map(async (seal) => {
        let text: Uint8Array = new Uint8Array();
        const signature = await signer.sign((kid) => (text = sealText({ ...seal, kid, sealedAt })));
        return { ...seal, ...signature, hash: sealHash(text), sealedAt };
      }),
    );
    await insertSeals(tx, seals);
    return seals.reduce((sum, { count }) => sum + count, 0);
  });
}

import type { Pool } from "pg";
import type { Log } from "../lib/log.ts";
import { repeat } from "../lib/repeat.ts";
import {
  beginMoveAgain,
  countUses,
  endMove,
  holdEncryption,
  movedKinds,
  noteFailure,
  noteMoved,
  noteTotal,
  openMoves,
  readToMove,
  releaseEncryption,
  wantRewrap,
  writeMoved,
  type KeyMove,
  type MovedKind,
  type WrappedRow,
} from "../store/organization/key-moves.ts";
import {
  keysToRewrap,
  organizationsWithOldKeys,
  readOrgKeys,
  retireKeys,
  storeRewrapped,
} from "../store/organization/org-keys.ts";
import { inTransaction } from "../store/transaction.ts";
import {
  blobBinding,
  mcpSignInBinding,
  modelContentBinding,
  secretBinding,
  stateBinding,
  type SecretPlace,
} from "./bindings.ts";
import type { Binding } from "./envelope.ts";
import type { KeyEncryption } from "./key-encryption.ts";
import { keyName, keysGoodMs, type OrganizationKeys } from "./organization-keys.ts";

export interface ReencryptionDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  keys: OrganizationKeys;
  keyEncryption: KeyEncryption;
  /** Of this process. */
  holder: string;
  log: Log;
}

const leaseMs = 60_000;
const atOnce = 200;
/** By then every process seals with the newest key, and what it had begun before is stored. */
const settledMs = 3 * keysGoodMs;

/** Moves content to newer keys until it is stopped. Every process may: a lease lets one at a time. */
export function startReencryption(deps: ReencryptionDeps & { everyMs: number }): { stop(): Promise<void> } {
  return repeat((signal) => reencrypt(deps, signal), {
    ...deps,
    failure: "Content can't be re-encrypted; trying again later",
  });
}

/** One look at all that is to be moved. @returns how many wrapped keys were. */
export async function reencrypt(
  deps: ReencryptionDeps,
  signal?: AbortSignal,
  { oldAfterMs = settledMs }: { oldAfterMs?: number } = {},
): Promise<number> {
  const { pool, holder } = deps;
  if (!(await holdEncryption(pool, holder, leaseMs))) return 0;
  let moved = 0;
  try {
    await rewrapKeys(deps, signal);
    for (const move of await openMoves(pool)) {
      if (signal?.aborted === true) break;
      moved += await moveOrganization(deps, move, signal).catch(async (error: unknown) => {
        deps.log.warn({ err: error, org: move.org }, "An organization's content can't be re-encrypted for now");
        await noteFailure(pool, move, messageOf(error));
        return 0;
      });
    }
    for (const org of await organizationsWithOldKeys(pool, oldAfterMs)) await retireUnused(deps, org);
    return moved;
  } finally {
    await releaseEncryption(pool, holder);
  }
}

/** Batch by batch, each with the place that it reached in one transaction: whoever goes on begins behind the last. */
async function moveOrganization(deps: ReencryptionDeps, move: KeyMove, signal?: AbortSignal): Promise<number> {
  const { pool, keys, holder } = deps;
  const { org, target } = move;
  keys.forget(org);
  await keys.prepare(org);
  const current = Buffer.from(`02${keyName(target)}`, "hex");
  const left = (await countUses(pool, org)).filter(({ key }) => !key.equals(current));
  await noteTotal(
    pool,
    move,
    left.reduce((sum, { uses }) => sum + uses, 0),
  );
  let moved = 0;
  let failed = false;
  const begin = move.kind === "" ? 0 : movedKinds.indexOf(move.kind);
  for (const kind of movedKinds.slice(begin)) {
    for (let after = kind === move.kind ? move.after : ""; ;) {
      if (signal?.aborted === true || !(await holdEncryption(pool, holder, leaseMs))) return moved;
      const rows = await readToMove(pool, { org, kind, after, current, limit: atOnce });
      const renewed: { place: string; from: Buffer; to: Buffer }[] = [];
      for (const row of rows) {
        try {
          const to = await keys.renew(bindingOf(org, kind, row), row.wrapped);
          renewed.push({ place: row.place, from: row.wrapped, to });
        } catch (error) {
          // What was altered stays as it is; what needs a key that is away is tried again as a whole.
          if ((error as { retryable?: boolean }).retryable === true) throw error;
          failed = true;
          await noteFailure(pool, move, `${kind} ${row.place}: ${messageOf(error)}`);
        }
      }
      after = rows.at(-1)?.place ?? after;
      moved += await inTransaction(pool, async (tx) => {
        const count = renewed.length === 0 ? 0 : await writeMoved(tx, { org, kind, rows: renewed });
        await noteMoved(tx, { org, target, kind, after, moved: count });
        return count;
      });
      if (rows.length < atOnce) break;
    }
  }
  await endMove(pool, move, failed);
  if (moved > 0) deps.log.info({ org, target, moved }, "An organization's content was re-encrypted");
  return moved;
}

/** Old keys that nothing uses go. What still uses one, because it was stored meanwhile, is moved. */
async function retireUnused({ pool, log }: ReencryptionDeps, org: string): Promise<void> {
  const used = new Set((await countUses(pool, org)).map(({ key }) => key.toString("hex")));
  const old = (await readOrgKeys(pool, org)).slice(0, -1).map(({ version }) => version);
  const unused = old.filter((version) => !used.has(`02${keyName(version)}`));
  if (unused.length > 0) {
    await retireKeys(pool, org, unused);
    log.info({ org, versions: unused }, "Keys of an organization that nothing uses are retired");
  }
  if (unused.length < old.length) await beginMoveAgain(pool, org);
}

/** Keys of organizations that an older key-encryption key wraps. Their content isn't touched. */
async function rewrapKeys({ pool, keyEncryption, log }: ReencryptionDeps, signal?: AbortSignal): Promise<void> {
  let count = 0;
  for (let after: { org: string; version: number } | null = null; ;) {
    const rows = await keysToRewrap(pool, keyEncryption.current(), after, atOnce);
    for (const row of rows) {
      if (signal?.aborted === true) return;
      const rewrapped = await keyEncryption.rewrap(row, row);
      if (rewrapped === null) continue;
      await storeRewrapped(pool, row, rewrapped);
      count += 1;
    }
    after = rows.at(-1) ?? null;
    if (rows.length < atOnce) break;
  }
  await wantRewrap(pool, false);
  if (count > 0) log.info({ count }, "Keys of organizations were wrapped anew");
}

function bindingOf(org: string, kind: MovedKind, { of }: WrappedRow): Binding {
  switch (kind) {
    case "secret":
      return secretBinding({ ...(of as SecretPlace), org });
    case "state":
      return stateBinding({ ...(of as { state: string; version: number }), org });
    case "blob": {
      const { digest, encoding } = of as { digest: string; encoding: string };
      return blobBinding(org, digest, encoding);
    }
    case "model":
      return modelContentBinding(org, (of as { id: string }).id);
    case "sign-in":
      return mcpSignInBinding(org, (of as { server: string }).server, "tokens");
    default:
      return kind satisfies never;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

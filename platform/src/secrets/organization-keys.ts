import { randomBytes } from "node:crypto";
import type { Log } from "../lib/log.ts";
import { insertOrgKey, readOrgKeys, type OrgKeyRow } from "../store/organization/org-keys.ts";
import type { Queryable } from "../store/queryable.ts";
import {
  fileKeyOf,
  openWith,
  rewrap,
  sealWith,
  unwrapDataKey,
  wrapDataKey,
  wrappedBy,
  type Binding,
  type WrappingKey,
} from "./envelope.ts";
import { OrganizationKeyGoneError } from "./errors.ts";
import type { KeyEncryption } from "./key-encryption.ts";
import type { Keyring } from "./keyring.ts";

/** Encrypts everything that organizations store, each with its own key. */
export interface OrganizationKeys {
  /** Has the organization's key at hand, so that a transaction that seals needn't wait for anything but the database. */
  prepare(org: string): Promise<void>;
  seal(binding: Binding, plaintext: Uint8Array): Promise<Buffer>;
  /** @throws OrganizationKeyGoneError, CiphertextRejectedError, KeyUnknownError, and the errors of Vault. */
  open(binding: Binding, sealed: Uint8Array): Promise<Buffer>;
  wrap(binding: Binding, dataKey: Buffer): Promise<Buffer>;
  /** @throws as `open` does. */
  unwrap(binding: Binding, wrapped: Uint8Array): Promise<Buffer>;
  /** The same content, or wrapped key, under the organization's newest key. */
  renew(binding: Binding, sealed: Uint8Array): Promise<Buffer>;
  /** Reads the organization's keys anew: one was added. */
  forget(org: string): void;
  /** Keys leave the memory. */
  close(): void;
}

interface Entry {
  /** Newest last; retired ones aren't among them. */
  keys: Map<number, { stored: OrgKeyRow; key: Buffer; provenAt: number }>;
  newest: number;
  readAt: number;
}

/** What others changed, a new key or the end of an organization, is known after this at the latest. */
export const keysGoodMs = 60_000;
/** Organizations whose keys are held at once. */
const mostHeld = 1_000;

/**
 * @param pool with the engine's role, and a connection for this alone: whoever asks may hold one of another pool.
 */
export function createOrganizationKeys(deps: {
  pool: Queryable;
  keyring: Keyring;
  keyEncryption: KeyEncryption;
  now: () => number;
  log: Pick<Log, "warn">;
}): OrganizationKeys {
  const { keyring, now } = deps;
  const held = new Map<string, Entry>();
  const loading = new Map<string, Promise<void>>();

  const keep = (org: string, entry: Entry): void => {
    const before = held.get(org);
    held.delete(org);
    held.set(org, entry);
    if (before !== undefined) wipe(before, entry);
    const [oldest] = held.keys();
    if (held.size > mostHeld && oldest !== undefined) drop(oldest);
  };
  const drop = (org: string): void => {
    const entry = held.get(org);
    held.delete(org);
    if (entry !== undefined) wipe(entry);
  };
  /** One reading at a time for each organization, whoever asks. */
  const load = (org: string, mayMake: boolean): Promise<void> => {
    const underWay =
      loading.get(org) ??
      read(deps, org, { known: held.get(org), mayMake })
        .then((entry) => keep(org, entry))
        .finally(() => loading.delete(org));
    loading.set(org, underWay);
    return underWay;
  };
  /** Work with a key is done at once, so that no key is wiped while it is used. */
  const use = async <T>(org: string, version: number | "newest", work: (key: WrappingKey) => T): Promise<T> => {
    const id = org.toLowerCase();
    for (let reads = 0; ; reads++) {
      const entry = held.get(id);
      if (entry !== undefined && now() - entry.readAt < keysGoodMs) {
        const number = version === "newest" ? entry.newest : version;
        const found = entry.keys.get(number);
        if (found !== undefined) return work({ format: 2, id: keyName(number), key: found.key });
        if (reads > 0 && version !== "newest") throw new OrganizationKeyGoneError(version);
      }
      if (reads > 2) throw new Error("The organization's keys went out of memory faster than they could be used.");
      await load(id, version === "newest");
    }
  };
  /** With the key that wrapped it. */
  const useOf = async <T>(binding: Binding, wrapped: Uint8Array, work: (key: WrappingKey) => T): Promise<T> => {
    const { format, id } = wrappedBy(binding.purpose, wrapped);
    if (format === 1) return work(fileKeyOf(keyring, binding, wrapped));
    return use(binding.org, Number.parseInt(id, 16), work);
  };
  return {
    prepare: (org) => use(org, "newest", () => undefined),
    seal: (binding, plaintext) => use(binding.org, "newest", (key) => sealWith(key, binding, plaintext)),
    wrap: (binding, dataKey) => use(binding.org, "newest", (key) => wrapDataKey(key, binding, dataKey)),
    open: (binding, sealed) => useOf(binding, sealed, (key) => openWith(key, binding, sealed)),
    unwrap: (binding, wrapped) => useOf(binding, wrapped, (key) => unwrapDataKey(key, binding, wrapped)),
    async renew(binding, sealed) {
      const former = await useOf(binding, sealed, (from) => ({ ...from, key: Buffer.from(from.key) }));
      const renewed = await use(binding.org, "newest", (to) => rewrap({ from: former, to }, binding, sealed));
      former.key.fill(0);
      return renewed;
    },
    forget: (org) => drop(org.toLowerCase()),
    close() {
      for (const entry of held.values()) wipe(entry);
      held.clear();
    },
  };
}

/** Reads the organization's keys, makes the first one to seal with, and unwraps those that aren't known yet. */
async function read(
  { pool, keyEncryption, now, log }: Parameters<typeof createOrganizationKeys>[0],
  org: string,
  { known, mayMake }: { known: Entry | undefined; mayMake: boolean },
): Promise<Entry> {
  let rows = await readOrgKeys(pool, org);
  if (rows.length === 0 && mayMake) {
    const version = 1;
    const key = randomBytes(32);
    const wrapped = await keyEncryption.wrap({ org, version }, key);
    key.fill(0);
    await insertOrgKey(pool, { org, version, ...wrapped });
    rows = await readOrgKeys(pool, org);
  }
  const entry: Entry = { keys: new Map(), newest: 0, readAt: now() };
  for (const stored of rows) {
    entry.keys.set(stored.version, await opened(stored, known?.keys.get(stored.version)));
    entry.newest = Math.max(entry.newest, stored.version);
  }
  return entry;

  async function opened(stored: OrgKeyRow, before: { stored: OrgKeyRow; key: Buffer; provenAt: number } | undefined) {
    const { trust } = keyEncryption;
    const same = before !== undefined && before.stored.wrapped.equals(stored.wrapped);
    if (same && (trust === undefined || now() - before.provenAt < trust.askAgainMs)) return before;
    try {
      return { stored, key: await keyEncryption.unwrap({ org, version: stored.version }, stored), provenAt: now() };
    } catch (err) {
      if (!same || trust === undefined || now() - before.provenAt > trust.withoutAnswerMs) throw err;
      log.warn({ err, org }, "Vault doesn't answer: keys that were unwrapped before it went away are used on");
      return before;
    }
  }
}

/** As records name it that it wrapped: 16 hex digits. */
export function keyName(version: number): string {
  return version.toString(16).padStart(16, "0");
}

/** Overwrites keys, but for those that the successor goes on with. */
function wipe(entry: Entry, successor?: Entry): void {
  for (const [version, { key }] of entry.keys) if (successor?.keys.get(version)?.key !== key) key.fill(0);
}

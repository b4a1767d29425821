import { createPrivateKey, sign, verify, type KeyObject } from "node:crypto";
import type { Pool } from "pg";
import { openRecord, type Keyring } from "../secrets/index.ts";
import type { Queryable } from "../store/queryable.ts";
import {
  insertSigningKey,
  lockSigningKeys,
  readSigningKeys,
  retireSigningKeys,
  type SigningKeyRow,
} from "../store/installation/signing-keys.ts";
import { inTransaction } from "../store/transaction.ts";
import { bindingOf, endorsedKeys, makeSigningKey, type PublicJwk } from "./keys.ts";

export interface Signature {
  kid: string;
  /** Ed25519, base64url. */
  signature: string;
}

export type SigningKey = SigningKeyRow & { key: KeyObject };

export interface Signer {
  /**
   * With the newest key, whose name may be part of what is signed. Sign canonical JSON that says what it is, so that no
   * signature fits something else.
   */
  sign(bytes: Uint8Array | ((kid: string) => Uint8Array)): Promise<Signature>;
  /** The newest key, for who must sign later without waiting; as fresh as `sign`. */
  current(): Promise<{ kid: string; sign(bytes: Uint8Array): Signature }>;
  /**
   * Whether one of our keys signed these bytes. A retired key isn't believed any more, unless the signature is known to be
   * of a time (`at`, Unix milliseconds) before that.
   */
  verify(kid: string, bytes: Uint8Array, signature: string, at?: number): Promise<boolean>;
  /** RFC 7517: the keys that are believed now. */
  jwks(): Promise<{ keys: (PublicJwk & { kid: string; alg: "EdDSA"; use: "sig" })[] }>;
  /** All keys ever, oldest first. */
  keys(): Promise<SigningKey[]>;
  /** In the caller's transaction: makes a new key, which signs from its commit on. Older ones are believed until `retiresAt`. */
  rotate(tx: Queryable, retiresAt: Date): Promise<void>;
}

interface Loaded {
  keys: SigningKey[];
  newest: { kid: string; key: KeyObject };
}

/** Keys change rarely; who rotates is heard of within this long, and within it both the old and the new key are good. */
const freshMs = 30_000;

/** Keys are read once and now and then again; the first is made by whoever needs one first. */
export function createSigner(deps: { pool: Pool; keyring: Keyring; now(): number }): Signer {
  let loading: Promise<Loaded> | null = null;
  let loadedAt = -Infinity;

  const load = (olderThan = deps.now() - freshMs): Promise<Loaded> => {
    if (loading === null || loadedAt <= olderThan) {
      loadedAt = deps.now();
      const own = read(deps).catch((error: unknown) => {
        if (loading === own) loading = null;
        throw error;
      });
      loading = own;
    }
    return loading;
  };
  const find = async (kid: string): Promise<SigningKey | undefined> => {
    const known = (await load()).keys.find((one) => one.kid === kid);
    // One that another process has just made. Made-up names don't reach the database more than once a second.
    return known ?? (await load(deps.now() - 1_000)).keys.find((one) => one.kid === kid);
  };

  const current: Signer["current"] = async () => {
    const { kid, key } = (await load()).newest;
    return { kid, sign: (bytes) => ({ kid, signature: sign(null, bytes, key).toString("base64url") }) };
  };

  return {
    current,
    async sign(bytes) {
      const key = await current();
      return key.sign(typeof bytes === "function" ? bytes(key.kid) : bytes);
    },
    async verify(kid, bytes, signature, at = deps.now()) {
      const found = await find(kid);
      if (found === undefined || (found.retiresAt !== null && found.retiresAt.getTime() <= at)) return false;
      return verify(null, bytes, found.key, Buffer.from(signature, "base64url"));
    },
    async jwks() {
      const { keys } = await load();
      const now = deps.now();
      return {
        keys: keys
          .filter(({ retiresAt }) => retiresAt === null || retiresAt.getTime() > now)
          .map(({ kid, public: jwk }) => ({ ...jwk, kid, alg: "EdDSA" as const, use: "sig" as const })),
      };
    },
    keys: async () => (await load(deps.now())).keys,
    async rotate(tx, retiresAt) {
      await lockSigningKeys(tx);
      const newest = newestOf(deps.keyring, endorsedKeys(await readSigningKeys(tx)));
      await insertSigningKey(tx, makeSigningKey(deps.keyring, newest));
      await retireSigningKeys(tx, retiresAt);
      loadedAt = -Infinity;
    },
  };
}

async function read({ pool, keyring }: { pool: Pool; keyring: Keyring }): Promise<Loaded> {
  let rows = await readSigningKeys(pool);
  if (rows.length === 0) {
    await inTransaction(pool, async (tx) => {
      await lockSigningKeys(tx);
      if ((await readSigningKeys(tx)).length === 0) await insertSigningKey(tx, makeSigningKey(keyring, null));
    });
    rows = await readSigningKeys(pool);
  }
  const keys = endorsedKeys(rows);
  const newest = newestOf(keyring, keys);
  if (newest === null) throw new Error("None of the rows in signing_keys is a key that this installation made.");
  return { keys, newest };
}

function newestOf(keyring: Keyring, keys: readonly SigningKey[]): { kid: string; key: KeyObject } | null {
  const last = keys.at(-1);
  if (last === undefined || last.sealed === null) return null;
  const key = createPrivateKey({
    key: openRecord(keyring, bindingOf(last.kid), last.sealed),
    format: "der",
    type: "pkcs8",
  });
  return { kid: last.kid, key };
}

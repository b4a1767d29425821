import { randomBytes } from "node:crypto";
import type { EncryptionStatus } from "@gantry/sdk/api";
import type { Pool } from "pg";
import { countUses, readMove, wantRewrap } from "../store/organization/key-moves.ts";
import { insertOrgKey, listOrgKeys } from "../store/organization/org-keys.ts";
import type { Queryable } from "../store/queryable.ts";
import type { KeyEncryption } from "./key-encryption.ts";
import { keyName, type OrganizationKeys } from "./organization-keys.ts";

/** What people may ask of encryption. */
export interface Encryption {
  status(org: string): Promise<EncryptionStatus>;
  /** Makes a new key of the organization; what is returned stores it, and content is moved to it in the background. */
  rotateOrganization(org: string): Promise<(db: Queryable) => Promise<void>>;
  /** Makes a new key-encryption key; what is returned has the keys of all organizations wrapped by it in the background. */
  rotateKeyEncryption(): Promise<(db: Queryable) => Promise<void>>;
}

/** @param deps.pool of role gantry_engine: the API's may not see what is counted. */
export function createEncryption(deps: {
  pool: Pool;
  keys: OrganizationKeys;
  keyEncryption: KeyEncryption;
}): Encryption {
  const { pool, keys, keyEncryption } = deps;
  return {
    async status(org) {
      const [check, listed, uses, move] = await Promise.all([
        keyEncryption.check(),
        listOrgKeys(pool, org),
        countUses(pool, org),
        readMove(pool, org),
      ]);
      const counted = new Map(uses.map(({ key, uses: count }) => [key.toString("hex"), count]));
      return {
        keyEncryption: check,
        keys: listed.map(({ version, kek, createdAt, retiredAt }) => ({
          version,
          under: kek,
          createdAt: createdAt.toISOString(),
          retiredAt: retiredAt?.toISOString() ?? null,
          uses: counted.get(`02${keyName(version)}`) ?? 0,
        })),
        withoutKey: uses.reduce((sum, { key, uses: count }) => (key[0] === 1 ? sum + count : sum), 0),
        move: move && {
          ...move,
          startedAt: move.startedAt.toISOString(),
          finishedAt: move.finishedAt?.toISOString() ?? null,
        },
      };
    },
    async rotateOrganization(org) {
      const version = ((await listOrgKeys(pool, org)).at(-1)?.version ?? 0) + 1;
      const key = randomBytes(32);
      const wrapped = await keyEncryption.wrap({ org, version }, key);
      key.fill(0);
      return async (db) => {
        await insertOrgKey(db, { org, version, ...wrapped });
        keys.forget(org);
      };
    },
    async rotateKeyEncryption() {
      await keyEncryption.rotate();
      return (db) => wantRewrap(db, true);
    },
  };
}

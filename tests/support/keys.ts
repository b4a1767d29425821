import type { Pool } from "pg";
import {
  createKeyEncryption,
  createOrganizationKeys,
  loadOrCreateKeyring,
  type OrganizationKeys,
} from "../../platform/src/secrets/index.ts";
import { silentLog } from "./log.ts";

/** The keys of organizations, under the key file at `path`, which is made if need be. */
export async function openTestKeys(pool: Pool, path: string): Promise<OrganizationKeys> {
  const keyring = await loadOrCreateKeyring(path);
  const keyEncryption = createKeyEncryption({ keyring });
  return createOrganizationKeys({ pool, keyring, keyEncryption, now: Date.now, log: silentLog });
}

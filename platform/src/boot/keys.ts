import type { Config } from "../config.ts";
import type { Log } from "../lib/log.ts";
import { connect } from "../postgres/index.ts";
import {
  createKeyEncryption,
  createOrganizationKeys,
  KeyFileElsewhereError,
  rotateKeyring,
  type KeyEncryption,
  type Keyring,
  type OrganizationKeys,
} from "../secrets/index.ts";
import { hostId } from "../blobs/index.ts";
import { listWorkers } from "../store/journal/worker-list.ts";
import type { Database } from "./database.ts";

/** What encrypts for organizations, with a connection of its own: whoever asks for keys may hold one of another pool. */
export async function openKeys(
  config: Config,
  { keyring, database, log }: { keyring: Keyring; database: Pick<Database, "engineUrl">; log: Log },
): Promise<{ keys: OrganizationKeys; keyEncryption: KeyEncryption; stop(): Promise<void> }> {
  const pool = connect(database.engineUrl, { name: "gantry-keys", max: 1, log });
  // Loaded only where it is needed, like every service that most installations don't have.
  const vault =
    config.vault === undefined
      ? undefined
      : await (await import("../secrets/vault/index.ts")).openVaultTransit(config.vault, Date.now);
  const keyEncryption = createKeyEncryption({ keyring, vault, useVault: config.vault?.use === true, rotateFile });
  const { ok, problem } = config.vault?.use === true ? await keyEncryption.check() : { ok: true, problem: null };
  if (!ok) log.warn({ problem }, "Vault can't be used: what organizations encrypted can't be read until it can");
  const keys = createOrganizationKeys({ pool, keyring, keyEncryption, now: Date.now, log });
  /** Other hosts have files of their own, and couldn't open what a key wraps that only this one has. */
  async function rotateFile(): Promise<void> {
    const here = await hostId(config.dataDir);
    const elsewhere = (await listWorkers(pool)).filter(({ alive, host }) => alive && host !== here);
    if (elsewhere.length > 0)
      throw new KeyFileElsewhereError(config.keyFile, new Set(elsewhere.map(({ host }) => host)).size);
    await rotateKeyring(config.keyFile);
    keyring.reload();
  }
  return {
    keys,
    keyEncryption,
    stop: async () => {
      keys.close();
      await keyEncryption.close();
      await pool.end();
    },
  };
}

import type { KeySource } from "../backup/index.ts";
import type { Config } from "../config.ts";
import { loadOrCreateKeyring } from "../secrets/index.ts";

/** What backups are closed and opened with: a passphrase or a key file where one is set, or else the platform key. */
export async function backupKey(config: Pick<Config, "backup" | "keyFile">): Promise<KeySource> {
  const { passphrase, keyFile } = config.backup;
  if (passphrase !== undefined) return { kind: "passphrase", passphrase };
  if (keyFile !== undefined) return { kind: "file", keyring: await loadOrCreateKeyring(keyFile) };
  return { kind: "platform", keyring: await loadOrCreateKeyring(config.keyFile) };
}

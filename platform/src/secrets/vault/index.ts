// HashiCorp Vault over its HTTP protocol: keys in Transit, secrets read where they are used, leases. Loaded where it is needed.
import { readFile } from "node:fs/promises";
import { createAddressGuard } from "../../outgoing/index.ts";
import type { VaultKeyEncryption } from "../key-encryption.ts";
import { createVaultClient, type VaultAuth } from "./client.ts";
import type { VaultConfig } from "./config.ts";
import { createVaultTransit } from "./transit.ts";

/** The installation's own Vault, which an operator named: it may be private. */
export async function openVaultTransit(config: VaultConfig, now: () => number): Promise<VaultKeyEncryption> {
  const { address, namespace, caFile } = config;
  const guard = createAddressGuard([new URL(address).hostname.replace(/^\[|\]$/g, "")]);
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  const client = createVaultClient({ guard, now }, { address, namespace, ca, auth: authOf(config.auth) });
  return createVaultTransit({
    client,
    mount: config.transitMount,
    key: config.transitKey,
    withoutAnswerMs: config.graceSeconds * 1_000,
  });
}

function authOf(auth: VaultConfig["auth"]): VaultAuth {
  const read = (file: string) => () => readFile(file, "utf8");
  switch (auth.kind) {
    case "token":
      return { kind: "token", token: read(auth.tokenFile) };
    case "approle":
      return { ...auth, secretId: read(auth.secretIdFile) };
    case "kubernetes":
      return { ...auth, jwt: read(auth.jwtFile) };
    default:
      return auth satisfies never;
  }
}

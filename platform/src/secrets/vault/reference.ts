import { VaultReferenceInvalidError } from "./errors.ts";

export interface VaultReference {
  /** Name of the connection of kind vault. */
  connection: string;
  /** With the mount, as people write it: `kv/shop/database`. */
  path: string;
  field: string;
}

/** Names of stored secrets have no colon. */
export function isVaultReference(name: string): boolean {
  return name.includes(":");
}

/** `<connection>:<mount>/<path>#<field>` @throws VaultReferenceInvalidError */
export function parseVaultReference(name: string): VaultReference {
  const [, connection = "", path = "", field = ""] = /^([^:]+):([^#]+)#([^#]+)$/.exec(name) ?? [];
  if (connection === "") throw new VaultReferenceInvalidError(name, "it has another form");
  // Each part is sent as it stands: none may lead elsewhere.
  const parts = path.split("/");
  if (parts.length < 2 || parts.some((part) => !/^[A-Za-z0-9_@=+ .-]+$/.test(part) || /^\.+$/.test(part)))
    throw new VaultReferenceInvalidError(name, "its path has parts that no secret's has");
  return { connection, path, field };
}

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, scryptSync } from "node:crypto";
import type { Keyring } from "../secrets/index.ts";
import type { Header } from "./manifest.ts";

/** What a backup is closed and opened with. */
export type KeySource =
  | { kind: "platform" | "file"; keyring: Pick<Keyring, "deriveKey"> }
  | { kind: "passphrase"; passphrase: string };

/** 128 MB for a second: what a passphrase is worth, each guess costs. */
const scrypt = { cost: 1 << 17, blockSize: 8, parallel: 1 };
const gcm = { authTagLength: 16 };
/** Of a key that closes one file only. */
const onceNonce = Buffer.alloc(12);

/** How a new file will be opened; fresh for each. */
export function describeKey(source: KeySource): Header["key"] {
  const salt = randomBytes(32).toString("base64");
  return source.kind === "passphrase"
    ? { kind: "passphrase", salt, ...scrypt }
    : { kind: source.kind, id: keyId(source.keyring), salt };
}

/** Names a key without telling anything of it. */
export function keyId(keyring: Pick<Keyring, "deriveKey">): string {
  return createHash("sha256")
    .update("gantry backup key\0")
    .update(keyring.deriveKey("backup"))
    .digest("hex")
    .slice(0, 16);
}

/** The data key, closed; it opens only with the very header that it was closed with. */
export function closeDataKey(source: KeySource, header: Header, headerBytes: Buffer, dataKey: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", wrappingKey(source, header.key), onceNonce, gcm).setAAD(headerBytes);
  return Buffer.concat([cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

/** Null: another key, or another header. */
export function openDataKey(source: KeySource, header: Header, headerBytes: Buffer, closed: Buffer): Buffer | null {
  if (closed.length !== 48) return null;
  const decipher = createDecipheriv("aes-256-gcm", wrappingKey(source, header.key), onceNonce, gcm).setAAD(headerBytes);
  decipher.setAuthTag(closed.subarray(32));
  try {
    return Buffer.concat([decipher.update(closed.subarray(0, 32)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Whether what was given is of the kind that the file needs, and the very key where that can be told. */
export function fits(source: KeySource, { key }: Header): boolean {
  if (key.kind === "passphrase" || source.kind === "passphrase") return key.kind === source.kind;
  return keyId(source.keyring) === key.id;
}

export function needed({ key }: Header): string {
  if (key.kind === "passphrase") return "its passphrase (GANTRY_BACKUP_PASSPHRASE)";
  return key.kind === "platform"
    ? `the platform key ${key.id} of the installation that made it (GANTRY_KEY_FILE)`
    : `the key file with the key ${key.id} (GANTRY_BACKUP_KEY_FILE)`;
}

function wrappingKey(source: KeySource, key: Header["key"]): Buffer {
  const salt = Buffer.from(key.salt, "base64");
  const root =
    source.kind === "passphrase"
      ? key.kind === "passphrase"
        ? stretch(source.passphrase, salt, key)
        : Buffer.alloc(32)
      : source.keyring.deriveKey("backup");
  return Buffer.from(hkdfSync("sha256", root, salt, "gantry backup v1", 32));
}

function stretch(
  passphrase: string,
  salt: Buffer,
  { cost, blockSize, parallel }: { cost: number; blockSize: number; parallel: number },
): Buffer {
  const options = { N: cost, r: blockSize, p: parallel, maxmem: 256 * cost * blockSize };
  return scryptSync(passphrase.normalize("NFC"), salt, 32, options);
}

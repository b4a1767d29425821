// Key-encryption keys from a file. Encryption and decryption of data stand in envelope.ts.
import { createHash, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDirectory } from "../lib/make-directory.ts";
import { KeyFileInsecureError, KeyFileInvalidError, KeyUnknownError } from "./errors.ts";

/** A key-encryption key. `id` is a fingerprint of `key`, so a mistyped key can't pass for another. */
export interface EncryptionKey {
  /** 16 hex digits. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export interface Keyring {
  /** The newest key: the one that encrypts. */
  readonly current: EncryptionKey;
  /** One that isn't known is looked for in the file again. @throws KeyUnknownError when the key file doesn't hold it. */
  find(id: string): EncryptionKey;
  /** Reads the file again: a key was added. */
  reload(): void;
  /**
   * 32 bytes that only holders of the key file can compute, the same at every start and different per purpose: for
   * passwords of database roles, signatures of cursors, HMAC of tokens. Rotating encryption keys doesn't change them.
   */
  deriveKey(purpose: string): Buffer;
}

const header = "gantry-keyring 1";
const explanation =
  "# Everything that Gantry encrypts depends on this file: keep a copy in a safe place, apart from backups of the data.\n" +
  "# The last encryption key encrypts, all of them decrypt.\n";

/**
 * Reads the key file; when there is none, makes one with mode 0600. Processes that start at once agree on one file.
 *
 * @throws KeyFileInsecureError when group or others may read the file.
 * @throws KeyFileInvalidError when it is damaged or of another format.
 */
export async function loadOrCreateKeyring(path: string): Promise<Keyring> {
  const existing = await readKeyFile(path);
  if (existing !== undefined) return createKeyring(parseKeyFile(existing, path), path);
  await publishIfAbsent(path, formatKeyFile(randomBytes(32), [randomBytes(32)]));
  const published = await readKeyFile(path);
  if (published === undefined) throw new KeyFileInvalidError(path, "it vanished while it was being created");
  return createKeyring(parseKeyFile(published, path), path);
}

/**
 * Adds an encryption key, which from the next start on encrypts what is new; older keys go on decrypting. One operator
 * does this at a time.
 *
 * @returns the id of the new key.
 */
export async function rotateKeyring(path: string): Promise<string> {
  const text = await readKeyFile(path);
  if (text === undefined) throw new KeyFileInvalidError(path, "it doesn't exist");
  parseKeyFile(text, path);
  const key = randomBytes(32);
  const temporary = await writeTemporary(path, `${text.trimEnd()}\n${keyLine(key)}\n`);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
  return keyId(key);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new KeyFileInvalidError(path, "it can't be opened", { cause: error });
  }
  try {
    // The mode of the very file that is read, not of what the path named a moment before.
    const { mode } = await file.stat();
    if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new KeyFileInsecureError(path, mode);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

interface KeyFile {
  root: Buffer;
  keys: EncryptionKey[];
  current: EncryptionKey;
}

function parseKeyFile(text: string, path: string): KeyFile {
  const lines = text.split("\n").map((line) => line.trim());
  const meaningful = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (meaningful[0] !== header) throw new KeyFileInvalidError(path, `its first line isn't "${header}"`);
  let root: Buffer | undefined;
  const keys: EncryptionKey[] = [];
  for (const line of meaningful.slice(1)) {
    const [kind, id, encoded, ...rest] = line.split(/\s+/);
    const key = Buffer.from(encoded ?? "", "base64");
    if (rest.length > 0 || key.length !== 32 || keyId(key) !== id) {
      throw new KeyFileInvalidError(path, `the line of key ${id ?? "without an id"} is damaged`);
    }
    if (kind === "encryption") keys.push({ id, key });
    else if (kind === "derivation" && root === undefined) root = key;
    else throw new KeyFileInvalidError(path, `it holds an unexpected line of kind "${kind ?? ""}"`);
  }
  const current = keys.at(-1);
  if (root === undefined || current === undefined) {
    throw new KeyFileInvalidError(path, "it lacks a derivation key or an encryption key");
  }
  return { root, keys, current };
}

function createKeyring(file: KeyFile, path: string): Keyring {
  const { root } = file;
  let { keys, current } = file;
  const lookFor = (id: string) => keys.find((key) => key.id === id);
  const reload = () => void ({ keys, current } = parseKeyFile(readFileSync(path, "utf8"), path));
  return {
    get current() {
      return current;
    },
    reload,
    find(id) {
      const known = lookFor(id);
      if (known !== undefined) return known;
      reload();
      const found = lookFor(id);
      if (found === undefined) throw new KeyUnknownError(id);
      return found;
    },
    deriveKey: (purpose) => Buffer.from(hkdfSync("sha256", root, "", `gantry derive v1 ${purpose}`, 32)),
  };
}

function formatKeyFile(root: Buffer, keys: Buffer[]): string {
  const derivation = `derivation ${keyId(root)} ${root.toString("base64")}`;
  return `${header}\n${explanation}${derivation}\n${keys.map(keyLine).join("\n")}\n`;
}

function keyLine(key: Buffer): string {
  return `encryption ${keyId(key)} ${key.toString("base64")}`;
}

function keyId(key: Buffer): string {
  return createHash("sha256").update("gantry key id\0").update(key).digest("hex").slice(0, 16);
}

/** A complete file appears under `path`, or nothing does: a hard link never replaces what another process put there. */
async function publishIfAbsent(path: string, text: string): Promise<void> {
  await makeDirectory(dirname(path));
  const temporary = await writeTemporary(path, text);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(dirname(path));
}

async function writeTemporary(path: string, text: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

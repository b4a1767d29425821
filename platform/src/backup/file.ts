// A backup is one file: a line that says what it is, a header in JSON, the closed data key, and then entries, encrypted in chunks.
import { randomBytes } from "node:crypto";
import { open, readdir, rename, unlink, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeDirectory } from "../lib/make-directory.ts";
import { CiphertextRejectedError, newDataKey, openStream, sealStream } from "../secrets/index.ts";
import { BackupDamagedError, BackupFolderUnreadableError, BackupKeyWrongError, BackupNewerError } from "./errors.ts";
import { FrameError, readEntries, type OpenEntry } from "./frames.ts";
import { closeDataKey, fits, needed, openDataKey, type KeySource } from "./key.ts";
import { backupFormat, Header, type Manifest } from "./manifest.ts";

const magic = "gantry-backup\n";
export const backupSuffix = ".gantry-backup";
/** Far more than any header takes. */
const headBytes = 16 * 1024;
const readBytes = 256 * 1024;

/** Appears under its name whole and synced, or not at all. @returns its size. */
export async function writeBackupFile(
  path: string,
  { header, key }: { header: Header; key: KeySource },
  content: AsyncIterable<Buffer>,
): Promise<number> {
  await makeDirectory(dirname(path));
  const part = `${path}.${randomBytes(4).toString("hex")}.part`;
  const headerBytes = Buffer.from(JSON.stringify(header));
  const dataKey = newDataKey();
  const closed = closeDataKey(key, header, headerBytes, dataKey).toString("base64");
  const file = await open(part, "wx", 0o600);
  try {
    let bytes = 0;
    const write = async (piece: Buffer): Promise<void> => {
      await file.writeFile(piece);
      bytes += piece.length;
    };
    await write(Buffer.concat([Buffer.from(magic), headerBytes, Buffer.from(`\n${closed}\n`)]));
    for await (const piece of sealStream(dataKey, content)) await write(piece);
    await file.sync();
    await file.close();
    await rename(part, path);
    await syncDirectory(dirname(path));
    return bytes;
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(part).catch(() => undefined);
    throw error;
  }
}

/**
 * Everything in a file, in order; last its manifest. Whether the file is whole is known only at its end.
 *
 * @throws {BackupDamagedError} @throws {BackupKeyWrongError} @throws {BackupNewerError}
 */
export async function* readBackupFile(path: string, key: KeySource): AsyncGenerator<OpenEntry, Manifest> {
  const file = await openFile(path);
  try {
    const { header, headerBytes, closed, start } = await readHead(file, path);
    if (!fits(key, header)) throw new BackupKeyWrongError(path, needed(header));
    const dataKey = openDataKey(key, header, headerBytes, closed);
    if (dataKey === null) {
      if (header.key.kind === "passphrase") throw new BackupKeyWrongError(path, needed(header));
      throw new BackupDamagedError(path, "its header was changed");
    }
    const manifest = yield* readEntries(openStream(dataKey, piecesOf(file, start), "backup"));
    if (manifest.id !== header.id || manifest.installation !== header.installation)
      throw new BackupDamagedError(path, "its manifest is of another backup");
    return manifest;
  } catch (error) {
    if (error instanceof CiphertextRejectedError)
      throw new BackupDamagedError(path, "its content was changed or cut off", { cause: error });
    if (error instanceof FrameError) throw new BackupDamagedError(path, error.message, { cause: error });
    throw error;
  } finally {
    await file.close();
  }
}

export interface ListedBackup {
  file: string;
  bytes: number;
  /** Null: it can't be read, as `problem` says. */
  header: Header | null;
  problem: string | null;
}

/** The backups of a folder, newest first. @throws BackupFolderUnreadableError */
export async function listBackupFiles(folder: string): Promise<ListedBackup[]> {
  const all = await readdir(folder).catch((cause: unknown) => {
    throw new BackupFolderUnreadableError(folder, cause);
  });
  const names = all.filter((name) => name.endsWith(backupSuffix));
  const listed = await Promise.all(
    names.map(async (name): Promise<ListedBackup> => {
      const file = join(folder, name);
      const handle = await openFile(file);
      try {
        const { size } = await handle.stat();
        const header = await readHead(handle, file).then(
          (head) => head.header,
          (error: unknown) => (error as Error).message,
        );
        return typeof header === "string"
          ? { file, bytes: size, header: null, problem: header }
          : { file, bytes: size, header, problem: null };
      } finally {
        await handle.close();
      }
    }),
  );
  const when = ({ header, file }: ListedBackup): string => header?.takenAt ?? basename(file);
  return listed.toSorted((a, b) => (when(a) < when(b) ? 1 : -1));
}

async function openFile(path: string): Promise<FileHandle> {
  return open(path, "r").catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BackupDamagedError(
      path,
      code === "ENOENT" ? "there is no such file" : `it can't be opened (${code ?? ""})`,
      {
        cause,
      },
    );
  });
}

async function readHead(
  file: FileHandle,
  path: string,
): Promise<{ header: Header; headerBytes: Buffer; closed: Buffer; start: number }> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  const head = buffer.subarray(0, bytesRead);
  if (!head.subarray(0, magic.length).equals(Buffer.from(magic)))
    throw new BackupDamagedError(path, "it doesn't begin like a backup of Gantry");
  const first = head.indexOf(10, magic.length);
  const second = head.indexOf(10, first + 1);
  if (first === -1 || second === -1) throw new BackupDamagedError(path, "its header is cut off");
  const headerBytes = head.subarray(magic.length, first);
  const said = parseJson(headerBytes);
  const format = (said as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format > backupFormat) {
    const { release } = said as { release?: unknown };
    throw new BackupNewerError(
      path,
      String(release),
      `it is of format ${format}, and this release knows ${backupFormat}`,
    );
  }
  const parsed = Header.safeParse(said);
  if (!parsed.success) throw new BackupDamagedError(path, "its header was changed", { cause: parsed.error });
  const closed = Buffer.from(head.subarray(first + 1, second).toString("latin1"), "base64");
  return { header: parsed.data, headerBytes, closed, start: second + 1 };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

async function* piecesOf(file: FileHandle, start: number): AsyncGenerator<Buffer> {
  for (let at = start; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

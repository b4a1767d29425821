import { mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { NotInBackendError, type BlobBackend } from "./backend.ts";
import { BlobStorageFullError } from "./errors.ts";

const readBytes = 256 * 1024;

/** Blobs in files below `directory`, for an installation on one host. Folders: organization, first byte of the id. */
export function createFileBackend(directory: string): BlobBackend {
  const pathOf = (org: string, id: string) => join(directory, org, id.slice(0, 2), id);
  return {
    kind: "files",
    async write(org, id, source) {
      const path = pathOf(org, id);
      const part = `${path}.part`;
      try {
        await makeDirectory(dirname(path));
        const storedBytes = await writeDurably(part, source);
        await rename(part, path);
        await syncDirectory(dirname(path));
        return { storedBytes, complete: async () => undefined };
      } catch (error) {
        await unlinkIfThere(part);
        if (isDiskFull(error)) throw new BlobStorageFullError(directory, { cause: error });
        throw error;
      }
    },
    async *read(org, id) {
      const file = await openIfThere(pathOf(org, id));
      if (file === undefined) throw new NotInBackendError();
      try {
        for (;;) {
          // A new buffer each time: what was yielded may still be in use.
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes));
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
    async *writtenBefore(time) {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        const status = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
        if (status === undefined || status.mtime >= time) continue;
        const [org] = relative(directory, entry.parentPath).split(sep);
        yield { org: org ?? "", id: entry.name.replace(/\.part$/, "") };
      }
    },
    async remove(org, ids) {
      for (const id of ids) {
        await unlinkIfThere(pathOf(org, id));
        await unlinkIfThere(`${pathOf(org, id)}.part`);
      }
    },
  };
}

async function writeDurably(path: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, "wx", 0o600);
  let total = 0;
  try {
    for await (const bytes of source) {
      await file.writeFile(bytes);
      total += bytes.byteLength;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return total;
}

/** A file survives a power cut only if the entries of all folders that lead to it were synced too. */
async function makeDirectory(path: string): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode: 0o700 });
  if (created === undefined) return;
  for (let at = path; at.length >= created.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfThere(path: string) {
  try {
    return await open(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

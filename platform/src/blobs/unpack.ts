import { mkdir, open, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract as createExtract, type Entry } from "tar-stream";
import {
  assertLinkStaysInside,
  assertPlainPath,
  assertWithin,
  defaultLimits,
  type BundleLimits,
} from "./bundle-rules.ts";
import { BundleRejectedError } from "./errors.ts";

/**
 * Unpacks what `packDirectory` made, or an archive from elsewhere, into a directory that is missing or empty. Files are
 * written before any link exists, so nothing can be written through one. When it fails, the directory is empty again.
 *
 * @throws BundleRejectedError for absolute names, `..`, links that lead out, anything but files, directories and links,
 *   names that come twice, a directory with something in it, or past the limits.
 */
export async function unpackDirectory(
  source: AsyncIterable<Uint8Array>,
  directory: string,
  limits: Partial<BundleLimits> = {},
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new BundleRejectedError(directory, "the directory isn't empty");
  try {
    await unpackInto(source, directory, { ...defaultLimits, ...limits });
  } catch (error) {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
    throw error;
  }
}

async function unpackInto(source: AsyncIterable<Uint8Array>, directory: string, limits: BundleLimits): Promise<void> {
  const extract = createExtract();
  let sourceFailed = false;
  const watched = async function* () {
    try {
      yield* source;
    } catch (error) {
      sourceFailed = true;
      throw error;
    }
  };
  // An error of the source destroys `extract` with it, which ends the loop below.
  const fed = pipeline(Readable.from(watched()), extract);
  fed.catch(() => undefined);
  const links = new Map<string, string>();
  const seen = { entries: 0, bytes: 0 };
  try {
    for await (const entry of extract) {
      const { name, type, linkname, size, mode } = entry.header;
      const path = name.endsWith("/") ? name.slice(0, -1) : name;
      assertPlainPath(path);
      seen.entries += 1;
      seen.bytes += size ?? 0;
      assertWithin(limits, path, seen);
      if (type === "file") await writeFile(entry, directory, path, mode ?? 0);
      else if (type === "directory") await mkdir(join(directory, path), { recursive: true, mode: 0o755 });
      else if (type === "symlink") {
        assertLinkStaysInside(path, linkname ?? "");
        if (links.has(path)) throw new BundleRejectedError(path, "its name comes twice");
        links.set(path, linkname ?? "");
      } else throw new BundleRejectedError(path, `it is of type ${type ?? "unknown"}`);
      entry.resume();
    }
    await fed;
  } catch (error) {
    // What the source threw says more than what it did to the stream behind it.
    if (sourceFailed) await fed;
    if (error instanceof BundleRejectedError || isSystemError(error)) throw error;
    throw new BundleRejectedError(directory, "the archive is damaged or cut short", { cause: error });
  } finally {
    extract.destroy();
  }
  // Made first, so that no parent of a link is a link itself: the rule for links counts on that.
  for (const path of links.keys()) await once(path, mkdir(dirname(join(directory, path)), { recursive: true }));
  for (const [path, target] of links) await once(path, symlink(target, join(directory, path)));
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function writeFile(entry: Entry, directory: string, path: string, mode: number): Promise<void> {
  const absolute = join(directory, path);
  await once(path, mkdir(dirname(absolute), { recursive: true, mode: 0o755 }));
  const file = await once(path, open(absolute, "wx", (mode & 0o100) === 0 ? 0o644 : 0o755));
  try {
    for await (const bytes of entry) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/** A file, directory or link already there means that the archive names one path twice or a file as a directory. */
async function once<T>(path: string, made: Promise<T>): Promise<T> {
  try {
    return await made;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOTDIR") throw new BundleRejectedError(path, "its name comes twice");
    throw error;
  }
}

import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join, matchesGlob } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack as createPack, type Headers, type Pack } from "tar-stream";
import { assertLinkStaysInside, assertWithin, defaultLimits, type BundleLimits } from "./bundle-rules.ts";
import { BundleRejectedError } from "./errors.ts";

export interface PackOptions {
  /** Globs of paths relative to the directory (`*.tf`, `modules/**`). Without it, everything. */
  include?: readonly string[];
  /** Globs of what stays out; an excluded directory isn't entered. */
  exclude?: readonly string[];
  limits?: Partial<BundleLimits>;
}

/**
 * A directory as a tar stream that depends only on names, contents, links and whether files are executable, so that equal
 * directories have equal digests: sorted, times 0, owners 0, modes 755 or 644.
 *
 * @throws BundleRejectedError for links that leave the directory, devices, sockets, or past the limits.
 */
export async function* packDirectory(directory: string, options: PackOptions = {}): AsyncGenerator<Uint8Array> {
  const pack = createPack();
  const filled = fill(pack, directory, options).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error as Error),
  );
  try {
    for await (const bytes of pack) yield bytes;
  } finally {
    pack.destroy();
    await filled;
  }
}

async function fill(pack: Pack, directory: string, options: PackOptions): Promise<void> {
  const limits = { ...defaultLimits, ...options.limits };
  const seen = { entries: 0, bytes: 0 };
  for await (const path of walk(directory, "", options)) {
    const absolute = join(directory, path);
    const status = await lstat(absolute);
    const header: Headers = { name: path, mtime: new Date(0), mode: 0o755, uid: 0, gid: 0 };
    seen.entries += 1;
    if (status.isFile()) seen.bytes += status.size;
    assertWithin(limits, path, seen);
    if (status.isDirectory()) await add(pack, { ...header, name: `${path}/`, type: "directory" });
    else if (status.isSymbolicLink()) {
      const linkname = await readlink(absolute);
      assertLinkStaysInside(path, linkname);
      await add(pack, { ...header, type: "symlink", linkname });
    } else if (status.isFile()) await addFile(pack, header, absolute);
    else throw new BundleRejectedError(path, "it is neither a file, a directory nor a link");
  }
}

/** Paths below `directory`, parents first, siblings by code units: the same order on every machine. */
async function* walk(directory: string, prefix: string, options: PackOptions): AsyncGenerator<string> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (matchesAny(path, options.exclude)) continue;
    const included = options.include === undefined || matchesAny(path, options.include);
    if (included) yield path;
    if (!entry.isDirectory()) continue;
    if (included || options.include?.some((glob) => glob.includes("/")) === true) yield* walk(directory, path, options);
  }
}

function matchesAny(path: string, globs: readonly string[] | undefined): boolean {
  return globs?.some((glob) => matchesGlob(path, glob)) === true;
}

function add(pack: Pack, header: Headers): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(pack: Pack, header: Headers, absolute: string): Promise<void> {
  // Without following links: what was a file a moment ago may have been replaced by a link to somewhere else.
  const file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, mode } = await file.stat();
    const entry = pack.entry({ ...header, type: "file", size, mode: (mode & 0o100) === 0 ? 0o644 : 0o755 });
    if (size === 0) entry.end();
    else await pipeline(file.createReadStream({ autoClose: false, end: size - 1 }), entry);
  } finally {
    await file.close();
  }
}

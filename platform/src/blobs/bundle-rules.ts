import { posix } from "node:path";
import { BundleRejectedError } from "./errors.ts";

export interface BundleLimits {
  /** Sum of the sizes of all files. */
  maxBytes: number;
  maxEntries: number;
}

export const defaultLimits: BundleLimits = { maxBytes: 2 * 1024 ** 3, maxEntries: 200_000 };

/** @throws BundleRejectedError past a limit. */
export function assertWithin(limits: BundleLimits, path: string, seen: { entries: number; bytes: number }): void {
  if (seen.entries > limits.maxEntries) throw new BundleRejectedError(path, `more than ${limits.maxEntries} entries`);
  if (seen.bytes > limits.maxBytes) throw new BundleRejectedError(path, `more than ${limits.maxBytes} bytes in all`);
}

/** @throws BundleRejectedError unless the name is a plain path below the directory. */
export function assertPlainPath(path: string): void {
  if (path.includes("\0")) throw new BundleRejectedError(path, "its name holds NUL");
  if (posix.isAbsolute(path)) throw new BundleRejectedError(path, "its name is absolute");
  if (path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw new BundleRejectedError(path, "its name has empty, . or .. parts");
  }
}

/**
 * A link may only go up first and down afterwards, and never above the directory. `..` behind a name is refused even
 * where it looks harmless: the name may be a link itself, and then its `..` is somewhere else. As every link obeys, every
 * hop through other links stays inside too.
 *
 * @throws BundleRejectedError
 */
export function assertLinkStaysInside(path: string, target: string): void {
  if (target === "" || target.includes("\0") || posix.isAbsolute(target)) {
    throw new BundleRejectedError(path, "it is a link to an absolute path or to nothing");
  }
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const firstName = parts.findIndex((part) => part !== "..");
  const ups = firstName === -1 ? parts.length : firstName;
  const depth = path.split("/").length - 1;
  if (ups > depth || parts.slice(ups).includes("..")) {
    throw new BundleRejectedError(path, "it is a link that may lead out of the directory");
  }
}

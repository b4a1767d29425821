import { ToolTooOldError, ToolVersionUnknownError } from "./tool-errors.ts";

/**
 * Checks what a tool said about its version, JSON or text: the first thing that looks like a version counts.
 * @returns the version found, such as `1.11.4`.
 * @throws {ToolTooOldError} below `minimum`; {ToolVersionUnknownError} when there is no version in it.
 */
export function requireMinimumVersion(tool: string, said: string, minimum: string): string {
  const found = /(?<![\w.])v?(\d+\.\d+(?:\.\d+)*(?:-[0-9A-Za-z.]+)?)/.exec(said)?.[1];
  if (found === undefined) throw new ToolVersionUnknownError(tool, minimum);
  if (compareVersions(found, minimum) < 0) throw new ToolTooOldError(tool, found, minimum);
  return found;
}

/** Negative when `left` is older. Compares the numbers; a pre-release (`1.9.0-rc1`) is older than its release. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(right.includes("-")) - Number(left.includes("-"));
}

function numbersOf(version: string): number[] {
  return (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "").split(".").map(Number);
}

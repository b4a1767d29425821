/** `shop.release@1.2.0`, or without a version. */
export function parseReference(reference: string): { name: string; version: string | undefined } {
  const at = reference.indexOf("@");
  return at < 0
    ? { name: reference, version: undefined }
    : { name: reference.slice(0, at), version: reference.slice(at + 1) };
}

/** By precedence (semver.org, 11): a pre-release comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [split(a), split(b)];
  for (const index of [0, 1, 2]) {
    const difference = (one.numbers[index] ?? 0) - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (one.pre.length === 0 || other.pre.length === 0) return other.pre.length - one.pre.length;
  for (let index = 0; index < Math.max(one.pre.length, other.pre.length); index += 1) {
    const difference = comparePart(one.pre[index], other.pre[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What `name` alone means: the highest version, and a pre-release only where there is nothing else. */
export function newestOf(versions: readonly string[]): string | undefined {
  const sorted = versions.toSorted(compareVersions);
  return sorted.findLast((version) => split(version).pre.length === 0) ?? sorted.at(-1);
}

function split(version: string): { numbers: number[]; pre: string[] } {
  const dash = version.indexOf("-");
  const [main, pre] = dash < 0 ? [version, ""] : [version.slice(0, dash), version.slice(dash + 1)];
  return { numbers: main.split(".").map(Number), pre: pre === "" ? [] : pre.split(".") };
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return Number(a) - Number(b);
  if (x !== y) return x ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

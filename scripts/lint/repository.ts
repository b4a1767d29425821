import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Path of a file from the repository's root, with forward slashes on every system. */
export function inRepository(file: string): string {
  return relative(root, file).split(sep).join("/");
}

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The file that says what an error's code means and what to do; undefined for a code that has none. */
export function errorPage(code: string): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(code)) return undefined;
  const file = fileURLToPath(new URL(`../../docs/errors/${code}.md`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";

/** What a child was writing of its coverage when a test killed it can't be read, and would fail the whole file. */
afterAll(() => {
  const folder = process.env["NODE_V8_COVERAGE"];
  if (!folder || !existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (name.endsWith(".json") && !isWhole(file)) rmSync(file, { force: true });
  }
});

function isWhole(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

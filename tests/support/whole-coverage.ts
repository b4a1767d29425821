import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";

interface Coverage {
  result: { url: string }[];
}

/** What is measured; the rest of what a child loaded is most of its report, and would be read for nothing. */
const measured = ["sdk/src/", "platform/src/"].map(
  (part) => pathToFileURL(join(import.meta.dirname, "../..", part)).href,
);

/**
 * Children leave their coverage in a folder of their own, and only what is complete passes from there to the one that is
 * read: a child that a test killed, or that is still writing when the file ends, must not fail it. From a process's second file on
 * the variable names the children's folder already.
 */
const folder = process.env["NODE_V8_COVERAGE"]?.replace(/-children$/, "");
if (folder) {
  const children = `${folder}-children`;
  process.env["NODE_V8_COVERAGE"] = children;
  afterAll(() => {
    mkdirSync(children, { recursive: true });
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(children)) {
      const report = readWhole(join(children, name));
      const result = report?.result.filter(({ url }) => measured.some((part) => url.startsWith(part))) ?? [];
      if (result.length > 0) writeFileSync(join(folder, name), JSON.stringify({ result }));
    }
    rmSync(children, { recursive: true, force: true });
  });
}

function readWhole(file: string): Coverage | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Coverage;
  } catch {
    return null;
  }
}

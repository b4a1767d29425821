import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** Codes of classes (`code = "…"`), of errors as data (`code: "…"`) and of refusals of the core. */
const patterns = [
  /\bcode(?:: string)? = "([a-z][a-z0-9_]*)"/g,
  /\bcode: "([a-z][a-z0-9_]*)"/g,
  /\brefusal\(\s*"([a-z][a-z0-9_]*)"/g,
];
/** zod's own word for issues that our schemas add. */
const notOurs = new Set(["custom"]);

test("every error code has a page that says what to do, and every page belongs to a code", async () => {
  const codes = new Set<string>();
  for (const folder of ["sdk/src", "platform/src", "cli/src", ...(await agentSources())]) {
    for (const text of await sources(join(root, folder))) {
      for (const pattern of patterns) for (const [, code = ""] of text.matchAll(pattern)) codes.add(code);
    }
  }
  for (const code of notOurs) codes.delete(code);
  const pages = (await readdir(join(root, "docs/errors"))).map((file) => file.replace(/\.md$/, ""));
  expect(pages.toSorted()).toEqual([...codes].toSorted());
  for (const page of pages) {
    const text = await readFile(join(root, "docs/errors", `${page}.md`), "utf8");
    expect(text).toMatch(new RegExp(`^# ${page}\\n\\n[^]+\\*\\*What to do\\.\\*\\* .{5,}`));
  }
});

async function agentSources(): Promise<string[]> {
  return (await readdir(join(root, "agents"))).map((name) => `agents/${name}/src`);
}

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && /(?<!\.test)\.ts$/.test(one.name));
  return Promise.all(files.map((one) => readFile(join(one.parentPath, one.name), "utf8")));
}

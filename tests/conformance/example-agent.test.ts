import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = join(root, "docs/guide/writing-a-tool.md");

test("the guide's code is that of examples/dns-agent", async () => {
  let text = await readFile(page, "utf8");
  const shown = [...text.matchAll(/<!-- file: (\S+) -->\n\n```ts\n[^]*?```/g)];
  expect(shown.length).toBeGreaterThan(3);
  for (const [block, file = ""] of shown) {
    const code = await readFile(join(root, file), "utf8");
    text = text.replace(block, () => `<!-- file: ${file} -->\n\n\`\`\`ts\n${code}\`\`\``);
  }
  await expect(text).toMatchFileSnapshot(page);
});

test("the example's own tests pass, the conformance suite among them", async () => {
  const { stdout } = await promisify(execFile)("node", ["--test", "--test-reporter=tap"], {
    cwd: join(root, "examples/dns-agent"),
  });
  expect(stdout).toMatch(/\n# fail 0\n/);
  expect(Number(/\n# pass (\d+)\n/.exec(stdout)?.[1])).toBeGreaterThan(10);
});

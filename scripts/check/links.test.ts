import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { brokenLinks } from "./links.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gantry-links-"));
  execFileSync("git", ["init", "--quiet"], { cwd: root });
});

afterEach(() => rm(root, { recursive: true, force: true }));

test("links that lead somewhere are fine", async () => {
  await write(
    "README.md",
    "[a](docs/a.md) [b](docs/a.md#two-words-1) [c](#top) ![d](docs/d.svg)\n\n# `Top`\n\n[ref]\n\n[ref]: docs/\n",
  );
  await write(
    "docs/a.md",
    "# Two words\n\n## Two words\n\n[up](../README.md#top) [away](https://example.com/nothing)\n",
  );
  await write("docs/d.svg", "<svg/>");
  expect(await brokenLinks(root)).toEqual([]);
});

test("a link to a file that isn't there is named with its line", async () => {
  await write("README.md", "one\n\n[a](docs/missing.md)\n");
  expect(await brokenLinks(root)).toEqual(["README.md:3: docs/missing.md: no such file"]);
});

test("a link to a heading that isn't there is named", async () => {
  await write("README.md", "# Top\n\n[a](#bottom) [b](a.md#bottom)\n");
  await write("a.md", "# Top\n\n```md\n# Bottom\n```\n");
  expect(await brokenLinks(root)).toEqual([
    "README.md:3: #bottom: no heading in README.md makes this anchor",
    "README.md:3: a.md#bottom: no heading in a.md makes this anchor",
  ]);
});

test("a link out of the repository is refused", async () => {
  await write("README.md", "[a](../elsewhere.md)\n");
  expect(await brokenLinks(root)).toEqual(["README.md:1: ../elsewhere.md: leads out of the repository"]);
});

test("code isn't read for links, and ignored files aren't read at all", async () => {
  await write("README.md", "`[a](missing.md)`\n\n```md\n[b](missing.md)\n```\n");
  await write("node_modules/x/README.md", "[a](missing.md)\n");
  await write(".gitignore", "node_modules/\n");
  expect(await brokenLinks(root)).toEqual([]);
});

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), content);
}

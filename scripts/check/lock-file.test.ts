import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFileProblems } from "./lock-file.ts";

const manifest = { name: "x", license: "Apache-2.0", engines: { node: ">=24" }, dependencies: { a: "1.2.3" } };
const a = { version: "1.2.3", integrity: "sha512-abc" };
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gantry-lock-"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

test("a pinned, complete lock file without hosts is fine", async () => {
  expect(await problems({ "": {}, "node_modules/a": a })).toEqual([]);
});

test("a host in the lock file is refused", async () => {
  const locked = { ...a, resolved: "https://registry.example/a.tgz" };
  expect((await problems({ "": {}, "node_modules/a": locked })).join()).toMatch(/the lock file names a host/);
});

test("a package without integrity is refused", async () => {
  expect((await problems({ "": {}, "node_modules/a": { version: "1.2.3" } })).join()).toMatch(/no integrity/);
});

test("an optional dependency that isn't locked is refused, because npm ci refuses it", async () => {
  const locked = { ...a, optionalDependencies: { "a-darwin": "1.2.3" } };
  expect((await problems({ "": {}, "node_modules/a": locked })).join()).toMatch(/its optional a-darwin isn't locked/);
});

test("a manifest with another licence, another Node or a range is refused", async () => {
  const other = { name: "x", license: "MIT", engines: { node: ">=20" }, dependencies: { a: "^1.2.3" } };
  expect(await problems({ "": {}, "node_modules/a": a }, other)).toEqual([
    "package.json: license must be Apache-2.0",
    "package.json: engines.node must be >=24",
    "package.json: a isn't pinned exactly (^1.2.3)",
  ]);
});

async function problems(packages: Record<string, unknown>, content: unknown = manifest): Promise<string[]> {
  await writeFile(join(root, "package.json"), JSON.stringify(content));
  await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages }));
  return lockFileProblems(root);
}

import { execFile, spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../../..");
const folder = join(root, "examples/prometheus");
const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;

test("alert rules and the page on operating name only metrics that there are, and the page names all of them", async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => /^(\w+-)?metrics\.ts$/.test(name));
  const sources = await Promise.all(files.map((name) => readFile(join(import.meta.dirname, name), "utf8")));
  const there = new Set([...sources.join().matchAll(/name: "(gantry_\w+)"/g)].map(([, name = ""]) => name));
  const rules = await readFile(join(folder, "gantry.rules.yaml"), "utf8");
  const used = [...rules.matchAll(/\bgantry_\w+/g)].map(([name]) => name.replace(/_count$/, ""));
  expect(used.filter((name) => !there.has(name))).toEqual([]);
  const page = await readFile(join(root, "docs/guide/operating.md"), "utf8");
  const section = /\n## Monitoring\n[^]*?(?=\n## )/.exec(page)?.[0] ?? "";
  const told = new Set([...section.matchAll(/`(gantry_\w+)/g)].map(([, name = ""]) => name));
  expect([...there].filter((name) => !told.has(name))).toEqual([]);
  expect([...told].filter((name) => !there.has(name))).toEqual([]);
});

test.skipIf(!hasPromtool)("promtool takes the alert rules, and they fire when they say", async () => {
  for (const parameters of [
    ["check", "rules", "gantry.rules.yaml"],
    ["test", "rules", "gantry.rules.test.yaml"],
  ])
    await expect(promisify(execFile)("promtool", parameters, { cwd: folder })).resolves.toBeDefined();
});

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const program = fileURLToPath(new URL("../../../cli/bin/gantry.js", import.meta.url));

function homeDirectory(): string {
  const home = mkdtempSync(join(tmpdir(), "gantry-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function version(home: string): string {
  return execFileSync(process.execPath, [program, "--version"], {
    env: { HOME: home, NODE_V8_COVERAGE: "" },
    encoding: "utf8",
  }).trim();
}

test("what was compiled for one command is kept for the next, in the user's own folder", () => {
  const home = homeDirectory();
  expect(version(home)).toMatch(/^\d+\.\d+\.\d+$/);
  expect(readdirSync(join(home, ".cache", "gantry", "compiled"))).not.toEqual([]);
});

test("a home that can't be written to keeps no command from running", () => {
  const home = homeDirectory();
  chmodSync(home, 0o500);
  expect(version(home)).toMatch(/^\d+\.\d+\.\d+$/);
  expect(version(join(home, "absent", "file"))).toMatch(/^\d+\.\d+\.\d+$/);
  // Root may write everywhere.
  expect(existsSync(join(home, ".cache")) && process.getuid?.() !== 0).toBe(false);
});

import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createWorkspace, removeWorkspace, safeName } from "./workspace.ts";

const fresh = () => mkdtemp(join(tmpdir(), "gantry-workspace-"));

test("an attempt gets fresh folders that only the worker's user can enter", async () => {
  const root = await fresh();
  const workspace = await createWorkspace({ root, runId: "run-1", attemptId: "attempt-1" });
  expect((await readdir(workspace.path)).toSorted()).toEqual(["home", "tmp", "work"]);
  for (const folder of [workspace.path, workspace.work, workspace.home, workspace.tmp, join(root, "run-1")]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  }
  await expect(createWorkspace({ root, runId: "run-1", attemptId: "attempt-1" })).rejects.toThrow(/EEXIST/);
  await removeWorkspace(workspace);
  await removeWorkspace(workspace);
  expect(existsSync(workspace.path)).toBe(false);
});

test("removing takes read-only folders along and leaves what a symbolic link points to", async () => {
  const [root, outside] = [await fresh(), await fresh()];
  await writeFile(join(outside, "kept"), "");
  const workspace = await createWorkspace({ root, runId: "r", attemptId: "a" });
  const cache = join(workspace.home, "cache", "module");
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, "file"), "");
  await symlink(outside, join(cache, "link"));
  await chmod(cache, 0o500);
  await chmod(join(workspace.home, "cache"), 0o100);
  await removeWorkspace(workspace);
  expect(existsSync(workspace.path)).toBe(false);
  expect(existsSync(join(outside, "kept"))).toBe(true);
});

test("an id that could leave the root names no folder", () => {
  for (const id of ["", ".", "..", ".hidden", "a/b", "a\0b", "a\nb", "x".repeat(201)])
    expect(() => safeName(id)).toThrow(RangeError);
  expect(safeName("0198-ab:3.1_x")).toBe("0198-ab:3.1_x");
});

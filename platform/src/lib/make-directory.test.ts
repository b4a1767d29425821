import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-make-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a folder is made with those above it, by any number at once, and only its owner can enter", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all(Array.from({ length: 8 }, () => makeDirectory(path)));
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "a"))).mode & 0o777).toBe(0o700);
});

test("a file in the way is an error", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(makeDirectory(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeDirectory(join(folder, "file", "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.runIf(process.platform === "linux")(
  "a place that takes no folders is refused, and not tried for ever",
  async () => {
    await expect(makeDirectory("/proc/gantry/data")).rejects.toMatchObject({ code: "ENOENT" });
  },
);

import { execFileSync } from "node:child_process";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../../../platform/src/postgres/index.ts";
import { silentLog as log } from "../../support/log.ts";
import { query, temporaryDirectory } from "./helpers.ts";

// A disk of its own that can be full. Only root may mount one, and containers often forbid even that.
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test.runIf(canMount())(
  "a disk that fills while the database is made leaves nothing behind and says what to do",
  async () => {
    const disk = await mountDisk("16m");
    await expect(startEmbeddedPostgres({ dataDir: disk, log })).rejects.toMatchObject({
      code: "disk_full",
      message: expect.stringMatching(/Free at least 200 MB/) as string,
    });
    expect((await readdir(disk)).filter((name) => name.startsWith("postgres"))).toEqual([]);

    execFileSync("mount", ["-o", "remount,size=200m", disk]);
    await (await startEmbeddedPostgres({ dataDir: disk, log })).stop();
  },
);

test.runIf(canMount())(
  "a full disk at a later start is named, and once there is room everything is there",
  async () => {
    const disk = await mountDisk("120m");
    const first = await startEmbeddedPostgres({ dataDir: disk, log });
    await query(first.superuserUrl, "CREATE TABLE kept AS SELECT 42 AS answer");
    await first.stop();
    const ballast = path.join(disk, "ballast");
    await expect(writeFile(ballast, Buffer.alloc(120 * 2 ** 20))).rejects.toThrow("ENOSPC");

    await expect(startEmbeddedPostgres({ dataDir: disk, log })).rejects.toMatchObject({ code: "disk_full" });

    await rm(ballast);
    const second = await startEmbeddedPostgres({ dataDir: disk, log });
    cleanUps.push(second.stop);
    expect(await query(second.superuserUrl, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
  },
);

async function mountDisk(size: string): Promise<string> {
  const directory = await temporaryDirectory();
  cleanUps.push(directory.remove);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "gantry-test", directory.path]);
  // Lazily: the kernel lets go of a dead process's working directory a moment after the process.
  cleanUps.push(async () => execFileSync("umount", ["--lazy", directory.path]));
  await chmod(directory.path, 0o700);
  return directory.path;
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "gantry-test", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

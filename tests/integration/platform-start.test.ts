import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../platform/src/main.ts", import.meta.url));
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "gantry-start-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

test("a server that is asked to stop while it starts stops its Postgres, too", async () => {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env["PATH"], GANTRY_DATA_DIR: dataDir, GANTRY_PORT: "0", GANTRY_LOG_LEVEL: "silent" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await expect.poll(() => postmasters().length, { interval: 5 }).toBeGreaterThan(0);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(postmasters()).toEqual([]);
});

/** A server leaves this file while it runs. */
function postmasters(): string[] {
  const folder = join(dataDir, "postgres");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("postmaster.pid"));
}

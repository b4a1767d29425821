import { execFile } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const here = import.meta.dirname;
const stamp = join(here, "node_modules/.installed-lock.json");
const run = promisify(execFile);

/** Installs the peers' packages where they aren't what the lock file says. */
export async function installPeers(): Promise<void> {
  const [wanted, present] = await Promise.all([
    readFile(join(here, "package-lock.json"), "utf8"),
    readFile(stamp, "utf8").catch(() => ""),
  ]);
  if (wanted !== present) {
    process.stderr.write("installing the peers' packages (about 320 MB) …\n");
    await run("npm", ["ci", "--loglevel=error"], { cwd: here }).catch(({ stderr }: { stderr: string }) => {
      throw new Error(`npm ci failed in bench/peers:\n${stderr}`);
    });
    await copyFile(join(here, "package-lock.json"), stamp);
  }
}

/** `npm run check` can't: it runs where the packages aren't. */
export async function checkTypes(): Promise<void> {
  await run("tsc", ["--noEmit", "-p", here]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(`bench/peers has wrong types:\n${stdout}`);
  });
}

/** @returns `name version` */
export async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(here, "node_modules", name, "package.json"), "utf8");
  return `${name} ${(JSON.parse(text) as { version: string }).version}`;
}

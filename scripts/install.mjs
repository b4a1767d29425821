// Brings node_modules in line with package-lock.json, once, however many commands start at the same time.
// Plain JavaScript for Node 14: see run.mjs.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const cache = join(root, ".cache");
const lock = join(cache, "install.lock");

/** Installs when node_modules isn't what package-lock.json says. Progress goes to stderr. Throws an Error that says what to do. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  refuseUnwritable();
  await whileLocked(() => {
    if (!isInstalled()) install();
  });
}

/** npm writes what it installed to node_modules/.package-lock.json, as its last act. */
function isInstalled() {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  if (Object.keys(present).some((path) => wanted[path] === undefined)) return false;
  return Object.entries(wanted).every(([path, want]) => {
    if (path === "") return true;
    const have = present[path];
    if (have === undefined) return want.optional === true;
    return have.version === want.version && have.integrity === want.integrity && existsSync(join(root, path));
  });
}

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Packages */

/**
 * @param {string} file
 * @returns {Packages | undefined}
 */
function packagesOf(file) {
  try {
    const content = /** @type {{ packages?: Packages }} */ (JSON.parse(readFileSync(file, "utf8")));
    return content.packages;
  } catch {
    return undefined;
  }
}

function refuseUnwritable() {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new Error(
      `the dependencies must be installed first, and this user may not write to ${root}. ` +
        `Run "npm ci" there as its owner, or clone the repository as this user.`,
    );
  }
}

/** @param {() => void} work */
async function whileLocked(work) {
  mkdirSync(cache, { recursive: true });
  for (let waited = false; !takeLock(); waited = true) {
    if (!waited) console.error("gantry: another command is installing the dependencies; waiting for it");
    await new Promise((done) => setTimeout(done, 200));
  }
  try {
    work();
  } finally {
    unlinkSync(lock);
  }
}

/** The lock is a file with its holder's process id, made complete before it gets its name. */
function takeLock() {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    dropDeadLock();
    return false;
  } finally {
    unlinkSync(mine);
  }
}

function dropDeadLock() {
  const aside = `${lock}.${process.pid}.dead`;
  try {
    if (isAlive(Number(readFileSync(lock, "utf8")))) return;
    renameSync(lock, aside);
    // Somebody else may have dropped the dead one and taken the lock in between: then it gets its name back.
    if (isAlive(Number(readFileSync(aside, "utf8")))) linkSync(aside, lock);
    unlinkSync(aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

function install() {
  console.error("gantry: installing the dependencies (npm ci); this happens once");
  const started = Date.now();
  const [command, ...first] = npm();
  const parameters = [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, signal, error } = spawnSync(command, parameters, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: environment(),
  });
  if (error) throw new Error(`could not start npm: ${error.message}`);
  if (status !== 0)
    throw new Error(
      `npm ci failed (${signal || `exit code ${String(status)}`}); what it said stands above. Mend that and run it again.`,
    );
  keepOwner();
  if (!isInstalled())
    throw new Error(`npm ci ended well, but ${root}/node_modules isn't what package-lock.json asks for.`);
  console.error(`gantry: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/**
 * The npm that started us, or the one on the PATH.
 * @returns {[string, ...string[]]}
 */
function npm() {
  const path = process.env.npm_execpath;
  return path && path.endsWith("npm-cli.js") && existsSync(path) ? [process.execPath, path] : ["npm"];
}

/** A user without a home directory still gets a cache. */
function environment() {
  if (process.env.npm_config_cache) return process.env;
  try {
    accessSync(homedir(), constants.W_OK);
    return process.env;
  } catch {
    return { ...process.env, npm_config_cache: join(cache, "npm") };
  }
}

/** What root installs in somebody's clone belongs to that somebody. */
function keepOwner() {
  const { uid, gid } = statSync(root);
  if (!process.getuid || process.getuid() !== 0 || uid === 0) return;
  const { status } = spawnSync("chown", ["-R", "-h", `${uid}:${gid}`, "node_modules", ".cache"], { cwd: root });
  if (status !== 0) throw new Error(`could not give ${root}/node_modules to the owner of the clone (user ${uid}).`);
}

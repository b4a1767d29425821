import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { root } from "../install.mjs";

const folder = join(root, "dashboard");
const dist = join(folder, "dist");
const stamp = join(dist, ".made-of");
const lock = join(root, ".cache", "dashboard.lock");
/** A build that takes longer was killed. */
const abandonedMs = 120_000;

/** Makes dashboard/dist/ of its sources, once, however many ask at the same time; nothing where it is up to date. */
export async function buildDashboard(): Promise<void> {
  if (isBuilt()) return;
  mkdirSync(join(root, ".cache"), { recursive: true });
  while (!takeLock()) await setTimeout(200);
  try {
    if (isBuilt()) return;
    console.error("gantry: building the dashboard");
    const madeOf = digestOfSources();
    await run("vite", ["build", folder, "--logLevel", "warn"]);
    compress();
    writeFileSync(stamp, madeOf);
  } finally {
    rmdirSync(lock);
  }
}

function isBuilt(): boolean {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === digestOfSources();
}

/** Of everything that goes into it. */
function digestOfSources(): string {
  const hash = createHash("sha256");
  const patterns = [
    "dashboard/{index.html,package.json,*.ts}",
    "dashboard/{src,public}/**/*",
    "sdk/src/**/*.ts",
    "package-lock.json",
  ];
  for (const file of globSync(patterns, { cwd: root }).toSorted()) {
    if (/\.test\.tsx?$/.test(file) || !statSync(join(root, file)).isFile()) continue;
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** A folder, because making one either works or says that it is there. */
function takeLock(): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - since > abandonedMs) rmdirSync(lock);
    return false;
  }
}

/** Once here, rather than for every browser that asks. */
function compress(): void {
  for (const file of globSync("**/*.{js,css,html,svg}", { cwd: dist })) {
    const content = readFileSync(join(dist, file));
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
    writeFileSync(join(dist, `${file}.br`), brotliCompressSync(content, quality));
    writeFileSync(join(dist, `${file}.gz`), gzipSync(content, { level: 9 }));
  }
}

async function run(command: string, parameters: readonly string[]): Promise<void> {
  const path = `${join(root, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}`;
  // Whoever asks may be a test: what it makes is what people get, not React's slow form for development.
  const env = { ...process.env, PATH: path, NODE_ENV: "production" };
  const child = spawn(command, parameters, { stdio: ["ignore", 2, 2], env });
  const code = await new Promise<number | null>((done, fail) => {
    child.on("error", fail);
    child.on("exit", done);
  });
  if (code !== 0) throw new Error(`${command} ${parameters.join(" ")} exited with ${String(code)}.`);
}

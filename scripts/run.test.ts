import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const scripts = fileURLToPath(new URL(".", import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gantry-run-"));
  await mkdir(join(root, "scripts"));
  for (const file of ["run.mjs", "install.mjs"]) await cp(join(scripts, file), join(root, "scripts", file));
  await lockParts("one");
});

afterEach(() => rm(root, { recursive: true, force: true }));

test("a fresh clone is installed first, and only the command writes to stdout", async () => {
  const { code, stdout, stderr } = await end(run("node", "-p", "1 + 1"));
  expect({ code, stdout }).toEqual({ code: 0, stdout: "2\n" });
  expect(stderr).toMatch(/installing the dependencies/);
});

test("what is installed isn't installed again", async () => {
  await end(run("true"));
  expect(await end(run("true"))).toMatchObject({ code: 0, stderr: "" });
});

test("a changed lock file is installed", async () => {
  await end(run("true"));
  await lockParts("one", "two");
  expect((await end(run("true"))).stderr).toMatch(/installing the dependencies/);
});

test("commands that start at once install once", async () => {
  const ended = await Promise.all([1, 2, 3].map(() => end(run("node", "-p", "1 + 1"))));
  expect(ended.map(({ stdout }) => stdout)).toEqual(["2\n", "2\n", "2\n"]);
  expect(ended.filter(({ stderr }) => stderr.includes("installing the dependencies (npm ci)"))).toHaveLength(1);
});

test("an installation that died in the middle holds nobody up", async () => {
  const dead = spawn("true");
  await once(dead, "exit");
  await mkdir(join(root, ".cache"));
  await writeFile(join(root, ".cache/install.lock"), String(dead.pid));
  expect(await end(run("true"))).toMatchObject({ code: 0 });
});

test("a failed installation says so and runs nothing", async () => {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, unknown>;
  };
  lock.packages = {
    "": { name: "fresh", version: "1.0.0", workspaces: ["elsewhere"] },
    "node_modules/gone": { version: "1.0.0" },
  };
  await writeFile(join(root, "package-lock.json"), JSON.stringify(lock));
  const { code, stdout, stderr } = await end(run("echo", "ran"));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/npm ci failed/);
});

test("input, parameters and the exit code pass through", async () => {
  const child = run("sh", "-c", 'cat; echo "$1"; exit 7', "sh", "two words");
  child.stdin?.end("typed ");
  expect(await end(child)).toMatchObject({ code: 7, stdout: "typed two words\n" });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s reaches the command, which may still finish", async (signal) => {
  const child = run(
    "sh",
    "-c",
    `trap 'echo stopped; exit 3' ${signal.slice(3)}; echo ready; while :; do sleep 0.1; done`,
  );
  child.stdout?.once("data", () => child.kill(signal));
  expect(await end(child)).toMatchObject({ code: 3, stdout: "ready\nstopped\n" });
});

test("a command that a signal ended looks so from outside", async () => {
  expect(await end(run("sh", "-c", "kill -TERM $$"))).toMatchObject({ code: null, signal: "SIGTERM" });
});

test("npm itself writes nothing to stdout: what npm start says there is one document", () => {
  const repository = join(scripts, "..");
  const said = execFileSync("npm", ["start", "--", "--help"], { cwd: repository, encoding: "utf8" });
  expect(said).toMatch(/^Usage: gantry up/);
});

/** The repository's dependencies: packages in folders of its own, so that npm needs no network. */
async function lockParts(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  }
  const manifest = { name: "fresh", version: "1.0.0", workspaces: names };
  await writeFile(join(root, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--package-lock-only", "--silent"], { cwd: root });
}

function run(...command: string[]): ChildProcess {
  return spawn(process.execPath, [join(root, "scripts/run.mjs"), ...command], { cwd: root });
}

async function end(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

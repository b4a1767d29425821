/**
 * Mutation tests: breaks one protection at a time in a copy of this repository and expects the tests that guard it to
 * turn red. `npm run test:mutations`; `-- --only <part of a name>` takes one. Exits with 1 when a mutation survives, when
 * its anchor is not in the source any more, or when its tests are red without it; `--green` leaves that out for whoever has
 * just seen all tests pass.
 */
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { mutations, type Mutation } from "./mutations.ts";

const root = path.resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, green: { type: "boolean", default: false } },
});
const chosen = mutations.filter(({ name }) => name.includes(values.only));
const copy = await mkdtemp(path.join(tmpdir(), "gantry-mutations-"));
process.on("exit", () => execFileSync("rm", ["-rf", copy]));

await copyRepository();
const results: { name: string; verdict: string; ok: boolean; seconds: number }[] = [];
const healthy = values.green ? "green" : await runTests([...new Set(chosen.flatMap(({ tests }) => tests))], null);
if (healthy !== "green")
  results.push({ name: "no mutation at all", verdict: `the tests are ${healthy}`, ok: false, seconds: 0 });
else for (const mutation of chosen) results.push(await attempt(mutation));

for (const { name, verdict, ok, seconds } of results)
  console.log(`${ok ? "noticed " : "SURVIVED"}  ${`${seconds} s`.padStart(6)}  ${name}: ${verdict}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

/** What git knows and what is new, never what is ignored; packages are used where they are. */
async function copyRepository(): Promise<void> {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  for (const file of list.split("\0")) {
    if (file === "" || !/^(sdk|platform|agents|cli|tests|examples)\/|^[^/]*\.(json|ts)$/.test(file)) continue;
    await cp(path.join(root, file), path.join(copy, file), { recursive: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // Deleted, and not committed yet.
        if (error.code !== "ENOENT") throw error;
      },
    );
  }
  await linkPackages();
}

/** All packages but our own: those link to the workspaces of the copy, or the tests would run the original's code. */
async function linkPackages(): Promise<void> {
  const [from, to] = [path.join(root, "node_modules"), path.join(copy, "node_modules")];
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name !== "@gantry") await symlink(path.join(from, name), path.join(to, name));
  }
  await cp(path.join(from, "@gantry"), path.join(to, "@gantry"), { recursive: true, verbatimSymlinks: true });
}

async function attempt({ name, file, anchor, replacement, tests, title }: Mutation): Promise<(typeof results)[number]> {
  const started = performance.now();
  const done = (ok: boolean, verdict: string): (typeof results)[number] => ({
    name,
    ok,
    verdict,
    seconds: Math.round((performance.now() - started) / 1_000),
  });
  const source = path.join(copy, file);
  const original = await readFile(source, "utf8");
  if (original.split(anchor).length !== 2) return done(false, `${file} no longer has the code to break exactly once`);
  await writeFile(
    source,
    original.replace(anchor, () => replacement),
  );
  try {
    const colour = await runTests(tests, title ?? null);
    return done(colour === "red", colour === "red" ? "the tests turn red" : `the tests stay ${colour}`);
  } finally {
    await writeFile(source, original);
  }
}

/** `broken`: not a single test ran, so nothing was tested. */
async function runTests(tests: readonly string[], title: string | null): Promise<"green" | "red" | "broken"> {
  const report = path.join(copy, "report.json");
  await rm(report, { force: true });
  const filter = title === null ? [] : ["-t", title];
  const vitest = path.join(copy, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--bail", "1", "--reporter", "json", "--outputFile", report, ...filter, ...tests];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ["ignore", "ignore", "inherit"] });
  await new Promise((resolve) => child.once("exit", resolve));
  const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, "utf8")) as Record<string, number>;
  if (numFailedTests) return "red";
  return numPassedTests ? "green" : "broken";
}

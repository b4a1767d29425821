import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export type Revision = "2025-11-25" | "2026-07-28";

interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** What the public suite of the protocol found, by scenario: only those that the revision required when it was released. */
export interface Found {
  passed: string[];
  /** Why each of them failed. */
  failed: Record<string, string[]>;
  checks: number;
}

const require = createRequire(import.meta.url);
const suite = join(dirname(require.resolve("@modelcontextprotocol/conformance/package.json")), "dist/index.js");
const run = promisify(execFile);

/** Runs `@modelcontextprotocol/conformance` against a server, in a process of its own and over real sockets. */
export async function conformanceOf(url: string, revision: Revision): Promise<Found> {
  const wanted = await scenariosOf("Server", revision);
  return inFolder(async (output) => {
    await runSuite(["server", "--url", url, "--requirements", revision, "-o", output]);
    return readFound(output, wanted);
  });
}

const client = `${process.execPath} ${join(import.meta.dirname, "client-process.ts")}`;

/**
 * The same of Gantry's client. One scenario at a time, with time enough: the suite would start all of them at once and give each half a
 * minute.
 */
export async function conformanceOfClient(revision: Revision): Promise<Found> {
  const wanted = await scenariosOf("Client", revision);
  return inFolder(async (output) => {
    const each = ["client", "--command", client, "--spec-version", revision, "--timeout", "120000", "-o", output];
    for (const scenario of wanted) await runSuite([...each, "--scenario", scenario]);
    return readFound(output, wanted);
  });
}

/** Names of those that the revision required when it was released. */
async function scenariosOf(of: "Server" | "Client", revision: Revision): Promise<string[]> {
  const { stdout } = await run(process.execPath, [suite, "list", "--requirements", revision]);
  const [, required = ""] = new RegExp(`${of} scenarios[^\\n]*\\n([^]*?)\\n\\n`).exec(stdout) ?? [];
  return [...required.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = ""]) => name);
}

/** It ends with 1 where anything failed; what did, it wrote down. */
async function runSuite(options: string[]): Promise<void> {
  await run(process.execPath, [suite, ...options], { maxBuffer: 64 * 1024 * 1024 }).catch(() => undefined);
}

async function inFolder(work: (folder: string) => Promise<Found>): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-conformance-"));
  return work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

async function readFound(output: string, wanted: readonly string[]): Promise<Found> {
  // Those of signing in stand in a folder of their own.
  const folders = await readdir(output, { recursive: true });
  const found: Found = { passed: [], failed: {}, checks: 0 };
  for (const scenario of wanted) {
    const folder = folders.find((one) => new RegExp(`^(server-)?${scenario}-\\d{4}-[^/]*$`).test(one));
    if (folder === undefined) throw new Error(`The suite said nothing of ${scenario}.`);
    const checks = JSON.parse(await readFile(join(output, folder, "checks.json"), "utf8")) as Check[];
    const failures = checks.filter(({ status }) => status === "FAILURE");
    found.checks += checks.filter(({ status }) => status === "SUCCESS").length;
    if (failures.length === 0) found.passed.push(scenario);
    else found.failed[scenario] = failures.map(({ errorMessage = "" }) => errorMessage);
  }
  return found;
}

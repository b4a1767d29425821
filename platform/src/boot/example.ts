import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Example } from "../api/index.ts";
import type { Parts } from "./parts.ts";

const service = fileURLToPath(new URL("../../../examples/service", import.meta.url));
const runbook = "deploy.service";
const firstPort = 8_088;

/**
 * A change to try: examples/service as a git repository in the data directory, made at the first start of a process that also works.
 * The start doesn't wait for it, and nothing fails for it: where there is no git, there is no example.
 */
export function prepareExample({
  config,
  catalog,
  log,
}: Pick<Parts, "config" | "catalog" | "log">): () => Promise<Example | null> {
  if (config.role !== "all" || !catalog.runbooks.has(runbook) || !existsSync(service)) return async () => null;
  const repository = join(config.dataDir, "example", "greeter");
  const prepared = makeRepository(repository, config.environment).then(
    () => true,
    (err: unknown) => {
      log.info({ err }, "There is no example to try: its git repository could not be made");
      return false;
    },
  );
  return async () => {
    if (!(await prepared)) return null;
    return { runbook, parameters: { service: "greeter", repository, port: await freePort() } };
  };
}

async function makeRepository(path: string, environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (existsSync(path)) return;
  const fresh = `${path}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
  await cp(service, fresh, { recursive: true });
  // Nobody's own configuration (signing, hooks, templates) has a say here.
  const env = { PATH: environment["PATH"], HOME: fresh, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const git = (...parameters: string[]) =>
    promisify(execFile)("git", [...author, ...parameters], { cwd: fresh, env, timeout: 30_000 });
  await git("init", "--quiet", "--initial-branch=main", "--template=");
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "First version");
  // Whole or not at all. Another process may have been first.
  await rename(fresh, path).catch((error: unknown) => {
    if (!existsSync(path)) throw error;
  });
  await rm(fresh, { recursive: true, force: true });
}

const author = ["-c", "user.name=Gantry", "-c", "user.email=gantry@localhost"];

/** The first of some that nobody listens on now; the form that it is written into can be changed. */
async function freePort(): Promise<number> {
  for (let port = firstPort; port < firstPort + 20; port += 1) if (await isFree(port)) return port;
  return firstPort;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}

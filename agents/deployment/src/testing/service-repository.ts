import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../fixtures/service.js", import.meta.url));

export interface Behaviour {
  version: string;
  healthy?: boolean;
  exitAtStart?: boolean;
  ignoreSigterm?: boolean;
  doubleFork?: boolean;
}

export interface ServiceRepository extends Disposable {
  readonly path: string;
  /** Commits a version of the service; returns the commit. */
  commit(behaviour: Behaviour): string;
  /** Writes files and commits them. */
  commitFiles(files: Readonly<Record<string, string>>): string;
  git(...args: string[]): string;
}

/** A real git repository of the test service in a folder of its own. */
export function createServiceRepository(): ServiceRepository {
  const path = mkdtempSync(join(tmpdir(), "gantry-repository-"));
  const own = ["user.name=author", "user.email=author@example.com", "commit.gpgSign=false", "core.hooksPath=/dev/null"];
  const options = own.flatMap((each) => ["-c", each]);
  const git = (...args: string[]): string =>
    execFileSync("git", [...options, ...args], {
      cwd: path,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const commitAll = (message: string): string => {
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet", "--initial-branch=main", ".");
  cpSync(program, join(path, "service.js"));
  const manifest = { start: ["node", "service.js"], health: quickHealth, versionPath: "/version" };
  writeFileSync(join(path, "gantry.service.json"), JSON.stringify(manifest));
  writeFileSync(join(path, "package.json"), JSON.stringify({ type: "module" }));
  return {
    path,
    git,
    commit(behaviour) {
      writeFileSync(join(path, "service.json"), JSON.stringify(behaviour));
      return commitAll(`Version ${behaviour.version}`);
    },
    commitFiles(files) {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
      return commitAll(`Change ${Object.keys(files).join(", ")}`);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

const quickHealth = { path: "/health", consecutive: 2, timeoutMs: 20_000, intervalMs: 20 };

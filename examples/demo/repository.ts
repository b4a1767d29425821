import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const service = fileURLToPath(new URL("../service", import.meta.url));

/** What `release.json` of the service says; see examples/service/server.js. */
export interface Release {
  version: string;
  healthy?: boolean;
  warmUpMs?: number;
}

export interface Repository {
  readonly path: string;
  /** Commits a release of the service and tags it `v<version>`; returns the commit. */
  release(release: Release): string;
}

/** A real git repository that holds the service of examples/service. */
export function createRepository(path: string): Repository {
  mkdirSync(path);
  cpSync(service, path, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync("git", [...settings, ...args], { cwd: path, encoding: "utf8", env: withoutGitVariables() }).trim();
  git("init", "--quiet", "--initial-branch=main", ".");
  return {
    path,
    release(release) {
      const file = join(path, "release.json");
      const before = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, `${JSON.stringify({ ...before, healthy: true, warmUpMs: 0, ...release }, null, 2)}\n`);
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "-m", `Release ${release.version}`);
      git("tag", `v${release.version}`);
      return git("rev-parse", "HEAD");
    },
  };
}

/** The reader's own configuration (signing, hooks, templates) has no say here. */
const settings = [
  "user.name=developer",
  "user.email=developer@example.com",
  "commit.gpgSign=false",
  "tag.gpgSign=false",
  "core.hooksPath=/dev/null",
  "init.templateDir=",
].flatMap((setting) => ["-c", setting]);

/** Inside a hook of another repository GIT_DIR would lead there. */
function withoutGitVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
}

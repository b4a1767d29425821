import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Failure } from "../failure.ts";
import { lastLines, runInto } from "./run.ts";

interface Stage {
  /** Fresh clone of HEAD that the user may write to. */
  readonly clone: string;
  readonly home: string;
  /** A user made for this run; absent when we may not make one. */
  readonly user?: { readonly name: string; readonly uid: number; readonly gid: number };
}

const blockTimeout = 5 * 60_000;

/** Read one after the other: a later page goes on where the one before left off. */
const pages = [
  "README.md",
  "docs/guide/first-change.md",
  "docs/guide/approving.md",
  "docs/guide/controlling-runs.md",
  "docs/guide/triggers.md",
  "docs/guide/goals.md",
  "docs/guide/writing-an-agent.md",
  "docs/guide/runbooks.md",
  "docs/guide/notifications.md",
  "docs/guide/limits.md",
  "docs/guide/budgets.md",
  "docs/guide/models.md",
  "docs/guide/command-line.md",
  "docs/guide/mcp.md",
  "docs/guide/memory.md",
  "docs/guide/configuration.md",
  "docs/guide/writing-a-tool.md",
  "docs/guide/tenancy.md",
  "docs/guide/sign-in.md",
  "docs/guide/audit.md",
  "docs/guide/data.md",
  "docs/guide/backup.md",
  "docs/guide/operating.md",
];

/**
 * Runs the commands of the README and of guides as their reader would: in a fresh clone, with an empty home and npm cache, and, where
 * we are root, as a new unprivileged user. A block counts when the line before it is `<!-- ci: run -->`.
 */
export async function runReadme(): Promise<{ passed: number; failures: Failure[] }> {
  const blocks = pages.flatMap((page) => (existsSync(page) ? blocksToRun(readFileSync(page, "utf8")) : []));
  if (blocks.length === 0) {
    const why = "It has no sh block after a line <!-- ci: run -->.";
    return { passed: 0, failures: [{ name: "README.md", why }] };
  }
  const folder = mkdtempSync(join(tmpdir(), "gantry-readme-"));
  const stage = prepare(folder);
  try {
    const failures: Failure[] = [];
    for (const [index, block] of blocks.entries()) {
      const { exitCode, output } = await runBlock(block, `.cache/ci/readme/${index + 1}.log`, stage);
      if (exitCode === 0) continue;
      failures.push({
        name: `exit code ${exitCode} of a command in the guides`,
        why: `${block.replaceAll(/^/gm, "$ ")}\n${lastLines(output, 30)}`,
      });
    }
    return { passed: blocks.length - failures.length, failures };
  } finally {
    cleanUp(folder, stage);
  }
}

/** The shell blocks that are marked to be run, in order. */
export function blocksToRun(markdown: string): string[] {
  const marked = markdown.matchAll(/^<!-- ci: run -->\n+```(?:sh|bash|shell)\n([\s\S]*?)^```/gm);
  return [...marked].map((match) => (match[1] ?? "").trimEnd());
}

function prepare(folder: string): Stage {
  chmodSync(folder, 0o755);
  const [clone, home] = [join(folder, "gantry"), join(folder, "home")];
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ".", clone]);
  mkdirSync(home);
  if (process.getuid?.() !== 0) return { clone, home };
  const name = `gantry-readme-${process.pid}`;
  execFileSync("useradd", ["--no-create-home", "--home-dir", home, "--shell", "/bin/bash", name], {
    env: systemPath(),
  });
  execFileSync("chown", ["-R", `${name}:`, clone, home]);
  const [uid = NaN, gid = NaN] = ["-u", "-g"].map((option) => Number(execFileSync("id", [option, name]).toString()));
  return { clone, home, user: { name, uid, gid } };
}

function runBlock(
  block: string,
  log: string,
  { clone, home, user }: Stage,
): Promise<{ exitCode: number; output: string }> {
  const kept = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|NPM_CONFIG_REGISTRY|NPM_CONFIG_CAFILE)$/i;
  const passedOn = Object.entries(process.env).filter(([name]) => kept.test(name));
  const env = { ...Object.fromEntries(passedOn), ...systemPath(), HOME: home, CI: "true", LANG: "C.UTF-8" };
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  const command = ["-e", "-u", "-o", "pipefail", "-c", block];
  return runInto(log, "bash", command, { cwd: clone, env, timeout: blockTimeout, killSignal: "SIGKILL", ...identity });
}

/** The machine's own PATH: without node_modules/.bin, which holds our Node. */
function systemPath(): { PATH: string } {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { PATH: [...new Set([...folders, "/usr/sbin", "/sbin"])].join(delimiter) };
}

function cleanUp(folder: string, { user }: Stage): void {
  if (user) {
    const options = { stdio: "ignore", env: systemPath() } as const;
    try {
      // A user that was made for this run has only processes that its blocks left behind.
      execFileSync("pkill", ["-KILL", "-u", String(user.uid)], options);
    } catch {
      // Exit code 1: there were none.
    }
    execFileSync("userdel", ["--force", user.name], options);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

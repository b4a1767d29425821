import type { DoctorCheck } from "@gantry/sdk/api";
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import type { Config } from "../config.ts";

const gigabyte = 2 ** 30;

/** What this machine has, whether a server runs or not. */
export async function checkMachine(config: Config): Promise<DoctorCheck[]> {
  const run = runner(config);
  return [
    checkNode(),
    await checkDataDirectory(config.dataDir.value),
    await checkTool(run, {
      name: "git",
      arguments: ["--version"],
      without: "deployments from a git repository don't work; everything else does",
      install: "git",
    }),
    await checkSandbox(run),
    await checkTerraform(run),
  ];
}

function checkNode(): DoctorCheck {
  // An older one doesn't get this far: the launcher refuses it.
  return { name: "Node", status: "ok", text: process.version };
}

async function checkDataDirectory(directory: string): Promise<DoctorCheck> {
  const name = "data directory";
  const place = await nearestExisting(directory);
  try {
    await access(place, constants.W_OK);
  } catch {
    const mend =
      place === directory ? `chown -R "$(id -un)" ${directory}` : "gantry up --data-dir <a directory of yours>";
    return { name, status: "broken", text: `${place} can't be written to`, mend };
  }
  const { bavail, bsize } = await statfs(place);
  const free = `${((bavail * bsize) / gigabyte).toFixed(1)} GB free`;
  if (bavail * bsize < gigabyte) {
    return { name, status: "broken", text: `${directory} has only ${free}`, mend: `df -h ${place}` };
  }
  const state = place === directory ? "" : ", made at the first start";
  return { name, status: "ok", text: `${directory} (${free}${state})` };
}

async function nearestExisting(directory: string): Promise<string> {
  try {
    await stat(directory);
    return directory;
  } catch {
    const parent = path.dirname(directory);
    return parent === directory ? directory : nearestExisting(parent);
  }
}

/** Whether a server could listen where one is looked for. */
export async function checkPort(url: string): Promise<DoctorCheck> {
  const { hostname, port } = new URL(url);
  const name = "port";
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ port: Number(port), host: hostname.replace(/^\[|\]$/g, "") }, () =>
      server.close(() => resolve(undefined)),
    );
  });
  if (failure === undefined) return { name, status: "ok", text: `${port} is free` };
  if (failure.code === "EADDRINUSE") {
    return {
      name,
      status: "broken",
      text: `${port} is taken by something that isn't Gantry`,
      mend: "gantry up --port 0",
    };
  }
  return {
    name,
    status: "broken",
    text: `${port} can't be listened on: ${failure.message}`,
    mend: "gantry up --port 0",
  };
}

type Run = (
  command: string,
  parameters: readonly string[],
) => Promise<{ output: string } | { missing: boolean; why: string }>;

function runner(config: Config): Run {
  const execute = promisify(execFile);
  return async (command, parameters) => {
    try {
      const env = { ...config.processEnvironment };
      const { stdout, stderr } = await execute(command, [...parameters], { env, timeout: 10_000 });
      return { output: `${stdout}${stderr}` };
    } catch (error) {
      const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
      return { missing: code === "ENOENT", why: (stderr || message).trim().split("\n")[0] ?? "" };
    }
  };
}

async function checkTool(
  run: Run,
  tool: { name: string; arguments: readonly string[]; without: string; install: string },
): Promise<DoctorCheck> {
  const result = await run(tool.name, tool.arguments);
  if ("output" in result) return { name: tool.name, status: "ok", text: versionOf(result.output) };
  const why = result.missing ? "not found" : result.why;
  return { name: tool.name, status: "missing", text: `${why}; ${tool.without}`, mend: installing(tool.install) };
}

/** That bubblewrap is there doesn't say that the kernel lets it work. */
async function checkSandbox(run: Run): Promise<DoctorCheck> {
  const name = "bubblewrap";
  const without = "tools run with their own HOME and limits, but see the host's files and network";
  const result = await run("bwrap", ["--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "true"]);
  if ("output" in result) return { name, status: "ok", text: "works: tools run in a sandbox" };
  if (result.missing) return { name, status: "missing", text: `not found; ${without}`, mend: installing("bubblewrap") };
  const mend = "sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0";
  return { name, status: "missing", text: `is there but may not make a sandbox (${result.why}); ${without}`, mend };
}

async function checkTerraform(run: Run): Promise<DoctorCheck> {
  const name = "terraform or tofu";
  for (const command of ["terraform", "tofu"]) {
    const result = await run(command, ["version"]);
    if ("output" in result) return { name, status: "ok", text: versionOf(result.output) };
  }
  const text = "not found; runbooks that use Terraform fail, everything else works";
  return { name, status: "missing", text, mend: "see https://opentofu.org/docs/intro/install" };
}

function versionOf(output: string): string {
  return output.trim().split("\n")[0] ?? "";
}

function installing(name: string): string {
  return process.platform === "darwin" ? `brew install ${name}` : `sudo apt-get install ${name}`;
}

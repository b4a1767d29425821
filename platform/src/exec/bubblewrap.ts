import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { findTool } from "./find-tool.ts";
import { isInside } from "./paths.ts";
import type { Workspace } from "./workspace.ts";

/** A bubblewrap that was seen to work on this host. */
export interface BubblewrapInfo {
  path: string;
  version: string;
  /** False on hosts without user namespaces, where only root can use it. */
  userNamespace: boolean;
}

export type BubblewrapProbe = { available: true; info: BubblewrapInfo } | { available: false; reason: string };

/** Programs, libraries and the settings that they need; no keys, no sockets, nothing of any user. */
const readableAlways = [
  "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store",
  "/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/group", "/etc/gai.conf", "/etc/host.conf", "/etc/hosts",
  "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.alias", "/etc/localtime", "/etc/mime.types",
  "/etc/nsswitch.conf", "/etc/passwd", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/etc/protocols", "/etc/resolv.conf", "/etc/services",
  "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/timezone",
]; // prettier-ignore

/**
 * Kernel settings that belong to the real root user, capabilities or not: a tool run by root could write
 * kernel.core_pattern from inside and so gain the host. bubblewrap 0.8 leaves /proc/sys as it is.
 */
const kernelSettings = ["acpi", "bus", "fs", "irq", "mtrr", "scsi", "sys", "sysrq-trigger"].map(
  (name) => `/proc/${name}`,
);

const isolation = [
  "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
  "--die-with-parent", "--new-session", "--cap-drop", "ALL",
  "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run",
  ...kernelSettings.flatMap((path) => ["--ro-bind-try", path, path]),
]; // prettier-ignore

/** Finds out whether bubblewrap is installed and may do its work here (namespaces are often forbidden in containers). */
export async function probeBubblewrap(path: string): Promise<BubblewrapProbe> {
  let program: string;
  try {
    program = await findTool("bwrap", path);
  } catch {
    return { available: false, reason: "bubblewrap (bwrap) is not installed" };
  }
  let failure = "";
  for (const userNamespace of [true, false]) {
    try {
      const args = [
        ...namespaces(userNamespace, "none"),
        "--ro-bind",
        "/",
        "/",
        ...isolation,
        "--",
        program,
        "--version",
      ];
      const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000, env: {} });
      return {
        available: true,
        info: { path: program, version: stdout.trim().replace(/^bubblewrap /, ""), userNamespace },
      };
    } catch (error) {
      failure = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    }
  }
  return { available: false, reason: `bubblewrap is installed but may not create namespaces here: ${failure}` };
}

/** Arguments that make bubblewrap run `command`. On descriptor 3 it tells the first pid inside, and how `command` ended if it was run. */
export async function bubblewrapArgs(options: {
  info: BubblewrapInfo;
  command: string;
  args: readonly string[];
  workspace: Workspace;
  cwd: string;
  network: "none" | "host";
  readable: readonly string[];
  writable: readonly string[];
  /** Folders that stay empty inside even if they lie in one that is readable. */
  hidden: readonly string[];
}): Promise<string[]> {
  const { info, command, args, workspace, cwd, network, readable, writable, hidden } = options;
  const [real, realWorkspace] = await Promise.all([realpath(command), realpath(workspace.path)]);
  const visible = [...readableAlways, ...readable, ...writable];
  const covered = hidden.filter((path) => visible.some((other) => isInside(path, other)));
  return [
    ...namespaces(info.userNamespace, network),
    ...isolation,
    ...readableAlways.flatMap((path) => ["--ro-bind-try", path, path]),
    ...readable.flatMap((path) => ["--ro-bind", path, path]),
    ...writable.flatMap((path) => ["--bind", path, path]),
    ...covered.flatMap((path) => ["--tmpfs", path]),
    ...[...new Set([real, command])].flatMap((path) => ["--ro-bind", real, path]),
    ...[...new Set([realWorkspace, workspace.path])].flatMap((path) => ["--bind", realWorkspace, path]),
    "--chdir", cwd,
    "--json-status-fd", "3",
    "--", command, ...args,
  ]; // prettier-ignore
}

function namespaces(userNamespace: boolean, network: "none" | "host"): string[] {
  return [...(userNamespace ? ["--unshare-user"] : []), ...(network === "none" ? ["--unshare-net"] : [])];
}

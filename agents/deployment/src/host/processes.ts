import { readdirSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

/** A process, told from a later one with the same pid by when it started. */
export interface ProcessRef {
  pid: number;
  started: string;
}

/** Names a live process, or null when there is none (a zombie counts as none). */
export function processRef(pid: number): ProcessRef | null {
  const started = process.platform === "linux" ? startedOnLinux(pid) : startedElsewhere(pid);
  return started === null ? null : { pid, started };
}

export function isAlive(ref: ProcessRef): boolean {
  return processRef(ref.pid)?.started === ref.started;
}

/** Signals the process group that `ref` leads, unless its pid has passed to another process. */
export function signalGroup(ref: ProcessRef, signal: NodeJS.Signals): void {
  if (isAlive(ref)) signalPid(-ref.pid, signal);
}

/**
 * Kills what carries `NAME=value` in its environment: children that left the process group (a double fork) and
 * processes that an earlier host started but had no time to write down. Only where /proc exists.
 */
export function killMarked(marker: string): void {
  const needle = Buffer.from(`${marker}\0`);
  for (const name of listed("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (bytes(`/proc/${pid}/environ`)?.includes(needle)) signalPid(pid, "SIGKILL");
  }
}

function startedOnLinux(pid: number): string | null {
  const stat = bytes(`/proc/${pid}/stat`)?.toString();
  if (stat === undefined) return null;
  // proc_pid_stat(5): the name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields[19];
  if (ticks === undefined || fields[0] === "Z" || fields[0] === "X") return null;
  // Ticks count from boot: without the boot's id a process of an earlier boot could seem alive.
  return `${bytes("/proc/sys/kernel/random/boot_id")?.toString().trim() ?? ""}:${ticks}`;
}

function startedElsewhere(pid: number): string | null {
  try {
    return execFileSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}

function signalPid(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, which is what the signal was for.
  }
}

function bytes(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killUntilNone, markedProcesses, processRef } from "./processes.ts";
import type { ProcessRef } from "./processes.ts";

/** Where on this host each execution can have a control group of its own (cgroups(7)). */
export interface CgroupInfo {
  version: 1 | 2;
  /** One folder per hierarchy in which groups are made: one with version 2, memory and pids with version 1. */
  parents: readonly string[];
}

export type CgroupProbe = { available: true; info: CgroupInfo } | { available: false; reason: string };

/** The control group of one execution: no process gets out of it by detaching itself or by changing its environment. */
export interface Cgroup {
  /** What the tool's first process writes itself into before it becomes the tool. */
  folders: readonly string[];
  /** True once the kernel killed something in it for want of memory. */
  exceededMemory(): boolean;
  /** True once the kernel refused it a process. */
  exceededProcesses(): boolean;
  processes(): ProcessRef[];
  /** From now on nothing in it can fork. */
  forbidProcesses(): void;
  remove(): void;
}

const mountPoint = "/sys/fs/cgroup";

/** Finds out whether this process may make control groups below its own. */
export function probeCgroup(): CgroupProbe {
  const info = ownCgroups();
  const probe = `gantry-probe-${String(process.pid)}`;
  try {
    for (const parent of info.parents) {
      mkdirSync(join(parent, probe));
      rmdirSync(join(parent, probe));
    }
  } catch (error) {
    return { available: false, reason: `no control group can be made below the worker's own: ${String(error)}` };
  }
  // Refused while the worker's own process is in that group; the groups then serve to find processes, not to limit them.
  if (info.version === 2) info.parents.forEach((parent) => write(parent, "cgroup.subtree_control", "+memory +pids"));
  return { available: true, info };
}

/** Makes the group of an execution, or takes hold of it when it is there. Limits that the host can't set are left out. */
export function openCgroup(
  info: CgroupInfo,
  id: string,
  limits: { memoryBytes: number | null; processes: number | null },
): Cgroup {
  const folders = info.parents.map((parent) => join(parent, `gantry-${id}`));
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    if (limits.processes !== null) write(folder, "pids.max", String(limits.processes));
    if (limits.memoryBytes !== null) {
      write(folder, info.version === 2 ? "memory.max" : "memory.limit_in_bytes", String(limits.memoryBytes));
      write(folder, info.version === 2 ? "memory.swap.max" : "memory.swappiness", "0");
    }
  }
  return holdCgroup(info, folders);
}

/** The group of an execution if there still is one. */
function findCgroup(info: CgroupInfo, id: string): Cgroup | null {
  const folders = info.parents.map((parent) => join(parent, `gantry-${id}`)).filter((folder) => existsSync(folder));
  return folders.length === 0 ? null : holdCgroup(info, folders);
}

/** Kills whatever is left of an execution, found by its group and by the mark in its environment. */
export async function killRemains(options: {
  cgroup: CgroupInfo | null;
  ids: readonly string[];
  marker: string;
}): Promise<void> {
  const { cgroup, ids, marker } = options;
  const groups = cgroup === null ? [] : ids.flatMap((id) => findCgroup(cgroup, id) ?? []);
  for (const group of groups) group.forbidProcesses();
  await killUntilNone(() => [...markedProcesses(marker), ...groups.flatMap((group) => group.processes())]);
  for (const group of groups) group.remove();
}

/** A program and arguments that join the group and then become `file`. */
export function joiningCgroup(cgroup: Cgroup, file: string, args: readonly string[]): { file: string; args: string[] } {
  const script = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs" || exit 126; shift; done; shift; exec "$@"';
  return { file: "/bin/sh", args: ["-c", script, "sh", ...cgroup.folders, "--", file, ...args] };
}

function holdCgroup(info: CgroupInfo, folders: readonly string[]): Cgroup {
  const counted = (file: string, counter: string) => folders.some((folder) => count(folder, file, counter) > 0);
  return {
    folders,
    exceededMemory: () => counted(info.version === 2 ? "memory.events" : "memory.oom_control", "oom_kill"),
    exceededProcesses: () => counted("pids.events", "max"),
    processes() {
      const pids = new Set(folders.flatMap((folder) => read(folder, "cgroup.procs").split("\n").filter(Boolean)));
      return [...pids].flatMap((pid) => processRef(Number(pid)) ?? []);
    },
    forbidProcesses: () => folders.forEach((folder) => write(folder, "pids.max", "0")),
    remove() {
      for (const folder of folders) {
        try {
          rmdirSync(folder);
        } catch {
          // Somebody reads in it, or it is gone. An empty group costs nothing.
        }
      }
    },
  };
}

function ownCgroups(): CgroupInfo {
  const own = new Map(
    read("/proc/self", "cgroup")
      .split("\n")
      .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
      .flatMap((match) => (match === null ? [] : [[match[1] ?? "", match[2] ?? "/"] as const])),
  );
  if (existsSync(join(mountPoint, "cgroup.controllers")))
    return { version: 2, parents: [join(mountPoint, own.get("") ?? "/")] };
  const parents = ["memory", "pids"].map((controller) => join(mountPoint, controller, own.get(controller) ?? "/"));
  return { version: 1, parents };
}

function count(folder: string, file: string, counter: string): number {
  const line = read(folder, file)
    .split("\n")
    .find((text) => text.startsWith(`${counter} `));
  return Number(line?.split(" ")[1] ?? 0);
}

function read(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch {
    return "";
  }
}

/** A file that isn't there, or takes no value, means that the host lacks that limit; the watcher has it as well. */
function write(folder: string, file: string, value: string): void {
  try {
    writeFileSync(join(folder, file), value, { flag: "r+" });
  } catch {
    return;
  }
}

import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A process, told from a later one with the same pid by its start time (clock ticks since boot). */
export interface ProcessRef {
  pid: number;
  ticks: string;
}

const hasProc = existsSync("/proc/self/stat");
const KILL_ROUNDS = 500;
const PAUSE_BETWEEN_KILLS_MS = 10;

/** Facts of a live process from `/proc/<pid>/stat` (proc_pid_stat(5)), or null when it is gone or a zombie. */
export function processFacts(pid: number): (ProcessRef & { parent: number }) | null {
  if (!hasProc) return answers(pid) ? { pid, parent: 0, ticks: "unknown" } : null;
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const ticks = fields[19];
  if (ticks === undefined || state === "Z" || state === "X") return null;
  return { pid, parent: Number(parent), ticks };
}

/** All that systems without /proc (macOS) tell of a process here. */
function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function processRef(pid: number): ProcessRef | null {
  const facts = processFacts(pid);
  return facts === null ? null : { pid, ticks: facts.ticks };
}

export function isAlive(ref: ProcessRef): boolean {
  return processFacts(ref.pid)?.ticks === ref.ticks;
}

export function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? "unknown";
}

/** The live processes among `roots` and everything below them. */
export function processTree(roots: readonly ProcessRef[]): ProcessRef[] {
  const found = new Map<number, ProcessRef>();
  const queue = roots.filter(isAlive);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (found.has(next.pid)) continue;
    found.set(next.pid, next);
    for (const pid of childrenOf(next.pid)) {
      const child = processRef(pid);
      if (child !== null) queue.push(child);
    }
  }
  return [...found.values()];
}

/** Processes that carry `marker` (`NAME=value`) in the environment they were started with. */
export function markedProcesses(marker: string): ProcessRef[] {
  const needle = Buffer.from(`${marker}\0`);
  return allPids().flatMap((pid) => {
    if (pid === process.pid) return [];
    const environment = readBytes(`/proc/${pid}/environ`);
    if (environment === null) return [];
    const at = environment.indexOf(needle);
    if (at < 0 || (at > 0 && environment[at - 1] !== 0)) return [];
    return processRef(pid) ?? [];
  });
}

/** Sends a signal unless the process is gone or its pid has passed to another. Returns whether it was sent. */
export function signalProcess(ref: ProcessRef, signal: NodeJS.Signals): boolean {
  if (!isAlive(ref)) return false;
  try {
    process.kill(ref.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Kills what `find` finds, and below it, until it finds nothing more. Returns those processes. */
export async function killUntilNone(find: () => ProcessRef[]): Promise<ProcessRef[]> {
  const killed = new Map<string, ProcessRef>();
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const left = processTree(find());
    if (left.length === 0) break;
    for (const ref of left) {
      if (signalProcess(ref, "SIGKILL")) killed.set(`${ref.pid}@${ref.ticks}`, ref);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_KILLS_MS));
  }
  return [...killed.values()];
}

/** Resident memory of the processes in bytes, shared pages counted once (in proportion). */
export function residentBytes(refs: readonly ProcessRef[], limit: number): number {
  const resident = sum(refs.map((ref) => kilobytes(`/proc/${ref.pid}/status`, "VmRSS")));
  // Reading the proportional share is some hundred times dearer, so only when it matters.
  if (resident <= limit) return resident;
  return sum(refs.map((ref) => kilobytes(`/proc/${ref.pid}/smaps_rollup`, "Pss")));
}

function childrenOf(pid: number): number[] {
  const pids: number[] = [];
  for (const task of list(`/proc/${pid}/task`)) {
    const children = readText(`/proc/${pid}/task/${task}/children`);
    if (children === null) continue;
    pids.push(...children.split(" ").filter(Boolean).map(Number));
  }
  return pids;
}

function allPids(): number[] {
  return list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function kilobytes(path: string, field: string): number {
  const line = readText(path)?.match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"));
  return line?.[1] === undefined ? 0 : Number(line[1]) * 1024;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Processes come and go while they are looked at: whatever can't be read counts as gone. */
function readBytes(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

function readText(path: string): string | null {
  return readBytes(path)?.toString() ?? null;
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

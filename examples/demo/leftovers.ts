import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Processes that belong to a folder: it stands in their command line, environment or working directory. What Gantry
 * deploys outlives Gantry on purpose, so after a demo that was cut short something is left to stop.
 */
export function processesOf(folder: string): number[] {
  const all = existsSync("/proc/self/environ") ? fromProc(folder) : fromPs(folder);
  return all.filter((pid) => pid !== process.pid);
}

/** Ends them; resolves with how many there were. */
export async function endProcessesOf(folder: string): Promise<number> {
  const found = new Set<number>();
  // More than once: a keeper may have started another one meanwhile.
  for (let round = 0; round < 20; round++) {
    const alive = processesOf(folder);
    if (alive.length === 0) break;
    for (const pid of alive) {
      found.add(pid);
      end(pid, round < 10 ? "SIGTERM" : "SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return found.size;
}

function fromProc(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const texts = [
        () => readFileSync(`/proc/${pid}/cmdline`, "latin1"),
        () => readFileSync(`/proc/${pid}/environ`, "latin1"),
        () => readlinkSync(`/proc/${pid}/cwd`),
      ];
      return texts.some((read) => attempt(read)?.includes(folder) === true);
    });
}

function fromPs(folder: string): number[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(folder)).map((line) => Number.parseInt(line, 10));
}

/** Another user's process, or one that ended meanwhile, can't be read: it isn't ours. */
function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

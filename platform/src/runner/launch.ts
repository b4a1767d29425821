import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/**
 * Starts a process that outlives the attempt, this worker and its restarts: a session of its own, output appended to a
 * file, nothing of the worker's environment but the base. Whoever starts it sees to its end.
 */
export async function launch(
  command: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd: string; logFile: string; base: Readonly<Record<string, string>> },
): Promise<{ pid: number }> {
  const output = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...options.base, ...options.env },
      detached: true,
      stdio: ["ignore", output, output],
    });
    const pid = await new Promise<number>((started, failed) => {
      child.once("error", failed);
      child.once("spawn", () => started(child.pid as number));
    });
    child.unref();
    return { pid };
  } finally {
    closeSync(output);
  }
}

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether a command is on the PATH and can be started. */
export function isInstalled(command: string): boolean {
  return (
    (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, command))) &&
    spawnSync(command, ["--version"], { timeout: 60_000 }).error === undefined
  );
}

import { spawn, type SpawnOptions } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";

/**
 * Runs a command with nothing on its input and all that it says in a file: what passed needs no reader. Answers its exit
 * code (1 when it didn't start or was killed) and what it said. Ends with the command, whatever that left running.
 */
export function runInto(
  file: string,
  command: string,
  parameters: readonly string[],
  options: SpawnOptions = {},
): Promise<{ exitCode: number; output: string }> {
  mkdirSync(dirname(file), { recursive: true });
  const log = openSync(file, "w");
  return new Promise((done) => {
    const end = (exitCode: number, remark = ""): void => {
      closeSync(log);
      done({ exitCode, output: `${readFileSync(file, "utf8")}${remark}` });
    };
    const child = spawn(command, parameters, { ...options, stdio: ["ignore", log, log] });
    child.on("error", (error) => end(1, `could not start ${command}: ${error.message}\n`));
    child.on("exit", (code, signal) => end(code ?? 1, signal === null ? "" : `${command} was ended by ${signal}\n`));
  });
}

/** The last lines of what a command said, without colours. */
export function lastLines(output: string, lines: number): string {
  return stripVTControlCharacters(output).trimEnd().split("\n").slice(-lines).join("\n");
}

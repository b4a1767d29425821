import { spawn, type SpawnOptions } from "node:child_process";

/** Runs a command with its output shown and nothing on its input. Answers its exit code; 1 when it didn't start or was killed. */
export function run(command: string, parameters: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((done) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "inherit", "inherit"], ...options });
    child.on("error", (error) => {
      console.log(`could not start ${command}: ${error.message}`);
      done(1);
    });
    child.on("exit", (code, signal) => {
      if (signal) console.log(`${command} was ended by ${signal}`);
      done(code ?? 1);
    });
  });
}

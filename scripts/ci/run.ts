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

/** As `run`, but keeps what it says, standard error included. */
export function runAside(
  command: string,
  parameters: readonly string[],
): Promise<{ exitCode: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => done({ exitCode: 1, output: `could not start ${command}: ${error.message}\n` }));
    child.on("close", (code) => done({ exitCode: code ?? 1, output }));
  });
}

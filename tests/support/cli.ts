import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compiledProgram } from "./compiled.ts";

const launcher = join(import.meta.dirname, "../../cli/bin/gantry.js");

export interface CliOptions {
  /** Of the server; without them the command line finds nothing. */
  url?: string;
  key?: string;
  env?: Record<string, string>;
  input?: string;
  cwd?: string;
}

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface StartedCli {
  child: ChildProcess;
  /** Resolves with all that was said so far when it matches, on either stream. */
  says(pattern: RegExp): Promise<string>;
  ended: Promise<CliResult>;
}

/** A place for the command line of its own: no configuration and no server of whoever runs the tests is seen there. */
export interface TestCli extends AsyncDisposable {
  home: string;
  /** The real command as a child process, its streams pipes. */
  run(parameters: readonly string[], options?: CliOptions): Promise<CliResult>;
  start(parameters: readonly string[], options?: CliOptions): StartedCli;
  /** On a terminal of 60 columns; both streams come as one, as they do there. */
  onTerminal(parameters: readonly string[], options?: CliOptions & { columns?: number }): StartedCli;
}

export async function createTestCli(defaults: CliOptions = {}): Promise<TestCli> {
  const home = await mkdtemp(join(tmpdir(), "gantry-cli-"));
  const started = new Set<ChildProcess>();
  const launch = (command: string, parameters: readonly string[], options: CliOptions): StartedCli => {
    const { url, key, env, input, cwd } = { ...defaults, ...options };
    const child = spawn(command, parameters, {
      cwd: cwd ?? home,
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        TERM: "xterm-256color",
        ...compiledProgram,
        ...(url === undefined ? {} : { GANTRY_URL: url }),
        ...(key === undefined ? {} : { GANTRY_KEY: key }),
        ...env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    started.add(child);
    child.stdin.on("error", () => undefined);
    if (input !== undefined) child.stdin.end(input);
    return observe(child);
  };
  const start: TestCli["start"] = (parameters, options = {}) =>
    launch(process.execPath, [launcher, ...parameters], options);
  return {
    home,
    start,
    run: (parameters, options = {}) => start(parameters, { input: "", ...options }).ended,
    onTerminal: (parameters, { columns = 60, ...options } = {}) => {
      const quoted = [process.execPath, launcher, ...parameters].map((part) => `'${part.replaceAll("'", `'\\''`)}'`);
      const command = `stty cols ${columns} rows 30; exec ${quoted.join(" ")}`;
      return launch("script", ["-qec", command, "/dev/null"], { ...options });
    },
    async [Symbol.asyncDispose]() {
      for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await rm(home, { recursive: true, force: true });
    },
  };
}

function observe(child: ChildProcess): StartedCli {
  const said = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...said }));
  });
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const all = said.stdout + said.stderr;
          if (!pattern.test(all)) return;
          listeners.delete(look);
          resolve(all);
        };
        listeners.add(look);
        look();
        void ended.then(() => {
          look();
          if (listeners.has(look))
            reject(new Error(`It ended without saying ${String(pattern)}: ${said.stdout}${said.stderr}`));
        });
      }),
  };
}

/**
 * The `gantry` command: reads flags and files, calls the HTTP API through the sdk's client, and shows what it answers.
 * Imports only @gantry/sdk; the server is a process of its own.
 */
import { CommanderError } from "commander";
import { trustAuthority } from "./authority.ts";
import { readConfig, type Flags } from "./config.ts";
import { createContext } from "./context.ts";
import { UsageError } from "./errors.ts";
import { exitCodes, type ExitName } from "./exit-codes.ts";
import { createProgram } from "./program.ts";
import { failureData, failureOf, renderFailure } from "./render/problem.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { version } from "./version.ts";

process.stdout.on("error", leaveOnBrokenPipe);
process.stderr.on("error", leaveOnBrokenPipe);
process.exitCode = exitCodes[await main(process.argv.slice(2))].code;

async function main(parameters: readonly string[]): Promise<ExitName> {
  let exit: ExitName = "ok";
  let server: string | undefined;
  const program = createProgram({
    async run(flags, handler) {
      const config = readConfig(flags);
      server = config.url.value;
      const terminal = openTerminal(flags);
      // Commands that ask no server work all the same.
      const untrusted = trustAuthority(config.caFile);
      if (untrusted !== undefined) terminal.say(`${terminal.paint("yellow", "warning:")} ${untrusted.message}`);
      exit = await handler(
        createContext({ config, terminal, json: flags.json, now: Date.now, onSignals, stdin: process.stdin, version }),
      );
    },
  });
  try {
    await program.parseAsync(parameters, { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return "ok";
    // A group without a command under it: its help was printed, on stderr.
    if (error instanceof CommanderError && error.code === "commander.help") return "usage";
    // Where the command line can't be parsed, neither can its flags.
    const json = parameters.includes("--json");
    const flags: Flags = program.opts();
    return report(wordsOf(error), { server, json, terminal: openTerminal(flags) });
  }
}

/** Commander's errors are like any other wrong use. */
function wordsOf(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  return new UsageError(error.message.replace(/^error: /, "").replace("\n(", " ("), "gantry --help", { cause: error });
}

function report(error: unknown, to: { server: string | undefined; json: boolean; terminal: Terminal }): ExitName {
  const failure = failureOf(error, to.server);
  to.terminal.say(renderFailure(failure, { paint: to.terminal.paint, width: to.terminal.columns() }));
  if (to.json) to.terminal.json(failureData(failure));
  return failure.exit;
}

function openTerminal(flags: Flags): Terminal {
  const { stdout, stderr, stdin } = process;
  return createTerminal({ stdout, stderr, stdin, ...appearance(flags) });
}

/** Also for the error that the configuration itself is wrong. */
function appearance(flags: Flags): { color: "always" | "never" | "auto"; dumb: boolean; width?: number | undefined } {
  try {
    const { color, dumb, ci, columns } = readConfig(flags);
    return { color, dumb: dumb || ci, width: columns };
  } catch {
    return { color: "never", dumb: true };
  }
}

function onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.brokenPipe.code);
}

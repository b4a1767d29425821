import { Option, type Command } from "commander";
import type { Act } from "../action.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { renderLogLine } from "../render/log-line.ts";
import { duration } from "../render/time.ts";
import { printServerConfiguration } from "../render/server-configuration.ts";
import { readServerConfiguration, startServer, type Ready } from "../server-process.ts";
import { example, readWhole } from "./options.ts";

interface UpOptions {
  role?: string;
  port?: number;
  host?: string;
  verbose?: boolean;
  check?: boolean;
  logs: "text" | "json";
}

/** `gantry up`: the platform in the foreground. */
export function upCommand(program: Command, act: Act): void {
  const up = program
    .command("up")
    .description("Start the platform in the foreground. With --json: one line with url, key and link once it is ready.")
    .addOption(
      new Option("--role <role>", "what this process does (default: GANTRY_ROLE, or all)").choices([
        "all",
        "api",
        "worker",
      ]),
    )
    .addOption(
      new Option("--port <port>", "port of the API, 0 for any free one (default: GANTRY_PORT, or 4680)").argParser(
        readWhole(0, 65_535),
      ),
    )
    .option("--host <address>", "address to listen on (default: GANTRY_HOST, or 127.0.0.1)")
    .option("--check", "only say what would be started, with the origin of each value, or all that is wrong with it")
    .option("--verbose", "show what the platform does, not only warnings")
    .addOption(
      new Option("--logs <format>", "its log on stderr: for people, or as it is")
        .choices(["text", "json"])
        .default("text"),
    );
  example(
    up,
    "gantry up",
    "gantry up --role worker",
    "gantry up --port 0 --data-dir ./data --json",
    "gantry up --check",
  );
  act<UpOptions>(up, startPlatform);
}

/** How long a platform that couldn't start may take to end. */
const closingMs = 10_000;

class ServerEndedError extends CommandError {
  readonly code = "server_ended";
  override readonly fault = "operational";
}

async function startPlatform(context: Context, { options }: { options: UpOptions }): Promise<ExitName> {
  const { terminal, now, config } = context;
  if (options.check === true) {
    printServerConfiguration(context, await readServerConfiguration(environmentOf(context, options)));
    return "ok";
  }
  const began = now();
  const level = options.verbose === true ? "info" : "warn";
  const server = startServer({
    environment: environmentOf(context, options),
    onLog: (line) => {
      const text = options.logs === "json" ? line : renderLogLine(line, { paint: terminal.paint, level });
      if (text !== null) terminal.say(text);
    },
  });
  const signals = stopOnSignals(context, () => server.stop());
  try {
    terminal.say(`Starting Gantry in ${config.dataDir.value} …`);
    const ready = await server.ready;
    if (context.json) terminal.data(JSON.stringify({ url: ready.url, key: ready.key, link: ready.link }));
    else sayReady(context, ready, now() - began);
    const { code, signal } = await server.ended;
    if (signals.received === "SIGINT") return "interrupted";
    if (signals.received !== undefined && code === 0) return "ok";
    if (code !== 0) {
      throw new ServerEndedError(
        `The platform ended ${signal === null ? `with code ${code ?? "unknown"}` : `by ${signal}`}.`,
      );
    }
    return "ok";
  } catch (error) {
    // What it has opened it closes itself, and leaves no lock behind; but not for ever.
    const patience = setTimeout(() => server.stop(), closingMs);
    await server.ended.catch(() => undefined);
    clearTimeout(patience);
    if (signals.received === "SIGINT") return "interrupted";
    throw error;
  } finally {
    signals.forget();
  }
}

/** Flags win over the variables that the platform reads itself. */
function environmentOf({ config }: Context, options: UpOptions): Record<string, string | undefined> {
  return {
    ...config.processEnvironment,
    ...(options.role === undefined ? {} : { GANTRY_ROLE: options.role }),
    ...(options.port === undefined ? {} : { GANTRY_PORT: String(options.port) }),
    ...(options.host === undefined ? {} : { GANTRY_HOST: options.host }),
    ...(config.dataDir.origin === "--data-dir" ? { GANTRY_DATA_DIR: config.dataDir.value } : {}),
  };
}

function sayReady({ terminal, config }: Context, ready: Ready, tookMs: number): void {
  const { paint } = terminal;
  terminal.say(paint("green", `Ready in ${duration(tookMs)}.`));
  if (ready.url === null) {
    terminal.say("This process works on runs; the API is served elsewhere. Ctrl-C stops it.");
    return;
  }
  terminal.say(`  url:   ${paint("bold", ready.url)}   (API: ${ready.url}/docs)`);
  terminal.say(`  key:   ${keyHint(ready, config.dataDir.value)}`);
  if (ready.link !== null) {
    terminal.say(`\nBecome the first administrator here, once and within 24 hours:\n  ${paint("bold", ready.link)}`);
  }
  terminal.say(
    `\nNext, in another terminal:\n  ${paint("cyan", "npx gantry doctor")}\n  ${paint("cyan", "npx gantry runbooks list")}`,
  );
  terminal.say("\nCtrl-C stops it; runs go on where they were when it is started again.");
}

/** The key itself isn't shown where somebody may look over a shoulder or keep the output: commands here find it. */
function keyHint({ key, dataDir }: Ready, configured: string): string {
  if (key === null) return "create one with `gantry key create`";
  return `in ${dataDir ?? configured}/administrator-key; commands on this machine use it by themselves`;
}

interface Signals {
  /** The first that came. */
  received: NodeJS.Signals | undefined;
  forget(): void;
}

function stopOnSignals({ terminal, onSignals }: Context, stop: () => void): Signals {
  const signals: Signals = {
    received: undefined,
    forget: onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
      if (signals.received === undefined)
        terminal.say("\nStopping: running steps are finished or handed over. Once more to stop at once.");
      signals.received ??= signal;
      stop();
    }),
  };
  return signals;
}

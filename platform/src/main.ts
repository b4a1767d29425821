/**
 * The composition root: `node platform/src/main.ts` is a server, a worker, or both (GANTRY_ROLE). It prints one line of
 * JSON on stdout: where it is reached once it is ready, or why it could not start. Logs go to stderr. With `--check` it says
 * what it would start with, and doesn't; with `task` and one in JSON it does that, says the result and ends.
 */
import { flushCompileCache } from "node:module";
import { errorData } from "@gantry/sdk";
import { pino, type Logger } from "pino";
import type { Platform } from "./boot/start-platform.ts";
import { readConfig, type Config } from "./config.ts";

/** A second signal, or this long, and the process ends without waiting. */
const patienceMs = 60_000;

try {
  const config = readConfig();
  if (process.argv.includes("--check")) process.stdout.write(`${JSON.stringify({ configuration: config.view })}\n`);
  else if (process.argv[2] === "task") await work(config, process.argv[3] ?? "");
  else await start(config);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: errorData(error) })}\n`);
  process.exitCode = 1;
}

async function work(config: Config, text: string): Promise<void> {
  const log = pino(
    { level: config.logLevel, base: { role: "task", pid: process.pid } },
    pino.destination({ dest: 2, sync: false }),
  );
  for (const warning of config.warnings) log.warn(warning);
  const { runTask, Task } = await import("./boot/run-task.ts");
  const result = await runTask(config, Task.parse(JSON.parse(text)), log);
  process.stdout.write(`${JSON.stringify({ result })}\n`);
}

async function start(config: Config): Promise<void> {
  const log = pino(
    { level: config.logLevel, base: { role: config.role, pid: process.pid } },
    pino.destination({ dest: 2, sync: false }),
  );
  // From the first moment: a start that is cut short in the middle would leave its Postgres behind.
  const asked = askedToStop(log);
  for (const warning of config.warnings) log.warn(warning);
  // Not loaded for `--check`.
  const { startPlatform } = await import("./boot/start-platform.ts");
  const platform = await startPlatform(config, log);
  const { url, key, link } = platform;
  process.stdout.write(`${JSON.stringify({ ready: true, url, key, link, dataDir: config.dataDir })}\n`);
  // For workers that are started now; by itself Node writes its cache, where one is set, only when it ends.
  flushCompileCache();
  void asked.then(() => stop(platform, log));
}

function askedToStop(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const begin = (why: object): void => {
      stopping = true;
      log.info(why, "Stopping: running steps may end, then their runs are handed over");
      setTimeout(() => process.exit(1), patienceMs).unref();
      resolve();
    };
    // Whoever started it with a channel (`gantry up`) was killed, and nobody is left who would stop it.
    process.once("disconnect", () => {
      if (!stopping) begin({ starter: "gone" });
    });
    // Listening alone must not keep a process alive that could not start.
    process.channel?.unref();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(130);
        begin({ signal });
      });
    }
  });
}

async function stop(platform: Platform, log: Logger): Promise<never> {
  try {
    await platform.stop();
    process.exit(0);
  } catch (err) {
    log.error({ err }, "Stopping failed");
    process.exit(1);
  }
}

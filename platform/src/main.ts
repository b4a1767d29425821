/**
 * The composition root: `node platform/src/main.ts` is a server, a worker, or both (GANTRY_ROLE). It prints one line of
 * JSON on stdout: where it is reached once it is ready, or why it could not start. Logs go to stderr.
 */
import { errorData } from "@gantry/sdk";
import { pino } from "pino";
import { startPlatform } from "./boot/start-platform.ts";
import { readConfig } from "./config.ts";

/** A second signal, or this long, and the process ends without waiting. */
const patienceMs = 60_000;

try {
  const config = readConfig();
  const log = pino(
    { level: config.logLevel, base: { role: config.role, pid: process.pid } },
    pino.destination({ dest: 2, sync: false }),
  );
  const platform = await startPlatform(config, log);
  const { url, key } = platform;
  process.stdout.write(`${JSON.stringify({ ready: true, url, key, dataDir: config.dataDir })}\n`);
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130);
      stopping = true;
      log.info({ signal }, "Stopping: running steps may end, then their runs are handed over");
      setTimeout(() => process.exit(1), patienceMs).unref();
      platform.stop().then(
        () => process.exit(0),
        (err: unknown) => {
          log.error({ err }, "Stopping failed");
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: errorData(error) })}\n`);
  process.exitCode = 1;
}

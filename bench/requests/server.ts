import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export interface Server {
  url: string;
  key: string;
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, "../../platform/src/main.ts");

/** The platform as it is, in a process of its own; or with one part exchanged for one that does nothing. */
export async function startServer(dataDir: string, without?: "access" | "audit"): Promise<Server> {
  const exchange = pathToFileURL(join(import.meta.dirname, "exchange.ts")).href;
  const flags = without === undefined ? [] : ["--import", exchange];
  const child = spawn(process.execPath, [...flags, main], {
    env: {
      ...process.env,
      GANTRY_DATA_DIR: dataDir,
      GANTRY_PORT: "0",
      GANTRY_LOG_LEVEL: "info",
      BENCH_WITHOUT: without,
    },
    // Its log is written, as an operator's is, and read by nobody.
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { ready, url, key } = JSON.parse(line) as { ready?: boolean; url: string; key: string };
  if (!ready) throw new Error(`The server did not start: ${line}`);
  return {
    url,
    key,
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

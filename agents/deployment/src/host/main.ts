/**
 * The host process of one service in one environment: supervisor of its versions, reverse proxy on its public port,
 * and the control socket through which the tools of the agent reach it. It outlives Gantry. Imports Node, httpxy and
 * the files of this folder only, so that it starts fast and stays small.
 *
 *     node main.ts <folder of the service>
 *
 * Exit codes: 0 stopped on purpose, or another host has the folder; 64 the folder isn't usable; else restart it.
 */
import { chmodSync, rmSync } from "node:fs";
import { createControl } from "./control.ts";
import { createEdge } from "./edge.ts";
import { createPublicServer } from "./listen.ts";
import { takeLock } from "./lock.ts";
import { limitLog } from "./log-file.ts";
import { placesIn } from "./places.ts";
import { createService } from "./service.ts";
import { openState, readConfig } from "./state.ts";

const unusable = 64;
const logCheckMs = 5_000;

await main(process.argv[2]);

async function main(folder: string | undefined): Promise<void> {
  process.umask(0o077);
  process.title = "gantry-host";
  // From here on all paths are relative: a socket's path may have 107 bytes at most, wherever the folder lies.
  if (folder === undefined) return fail("Give the folder of the service.");
  process.chdir(folder);
  const places = placesIn("");
  const config = readConfig(places.config);
  if (config === null) return fail(`${folder} has no config.json.`);
  if (!takeLock(places.lock)) return log("another host has this service", {});

  const state = openState(places.state);
  const edge = createEdge({ target: () => targetOf(state.current) });
  const server = createPublicServer(edge, config);
  const service = createService({ config, places, state, edge, log, listening: server.state });
  const control = createControl({ service, exit: () => process.exit(0), log });

  process.once("SIGTERM", () => {
    log("told to end; versions drain and come back with the next host", {});
    server.close();
    void service.suspend({ drainMs: 10_000, graceMs: 10_000 }).finally(() => process.exit(0));
  });
  setInterval(() => limitLogs(), logCheckMs);

  await service.resume();
  await server.open();
  rmSync(places.socket, { force: true }); // Ours by the lock: what lies there is left from a host that was killed.
  control.listen(places.socket, () => {
    chmodSync(places.socket, 0o600);
    log("host ready", { ...config, ...server.state(), active: state.current.active });
  });

  function limitLogs(): void {
    for (const id of Object.keys(state.current.versions)) limitLog(places.versionLog(id));
    limitLog(places.log);
  }
}

function targetOf({ active, versions }: ReturnType<typeof openState>["current"]): { id: string; port: number } | null {
  const port = active === null ? null : (versions[active]?.port ?? null);
  return active === null || port === null ? null : { id: active, port };
}

function fail(message: string): void {
  log(message, {});
  process.exitCode = unusable;
}

function log(message: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`);
}

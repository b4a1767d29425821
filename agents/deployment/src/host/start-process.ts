import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import type { Places } from "./places.ts";
import type { HostConfig, VersionRecord } from "./protocol.ts";

/** Set for every process of a version, by which survivors are found. */
const markName = "GANTRY_VERSION";

export interface StartContext {
  readonly places: Places;
  readonly config: HostConfig;
}

/** Starts a version in a session of its own: it outlives the host, and one signal reaches all that it starts. */
export function startProcess(version: VersionRecord, port: number, { places, config }: StartContext): ChildProcess {
  const [command = "", ...args] = version.start;
  for (const folder of [places.home, places.tmp(version.id), dirname(places.versionLog(version.id))])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(places.versionLog(version.id), "a", 0o600);
  try {
    return spawn(command, args, {
      cwd: places.release(version.id),
      detached: true,
      stdio: ["ignore", log, log],
      env: environmentOf(version, port, { places, config }),
    });
  } finally {
    closeSync(log);
  }
}

/** `NAME=value` that marks every process of this version and of no other. */
export function markOf(id: string, { places, config }: StartContext): string {
  return `${markName}=${config.environment}/${config.service}/${id}@${resolve(places.state)}`;
}

/** The whole environment of a service: nothing of the worker's or the host's own. */
function environmentOf(version: VersionRecord, port: number, context: StartContext): Record<string, string> {
  const { places, config } = context;
  return {
    // Gantry's own Node first, so that `node server.js` works on a machine whose only Node is Gantry's.
    PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    LANG: "C.UTF-8",
    HOME: resolve(places.home),
    TMPDIR: resolve(places.tmp(version.id)),
    ...version.env,
    PORT: String(port),
    HOST: "127.0.0.1",
    GANTRY_SERVICE: config.service,
    GANTRY_ENVIRONMENT: config.environment,
    GANTRY_RELEASE: version.id,
    GANTRY_COMMIT: version.commit,
    [markName]: markOf(version.id, context).slice(markName.length + 1),
  };
}

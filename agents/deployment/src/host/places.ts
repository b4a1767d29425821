import { join } from "node:path";

/** The folder of one service in one environment on this host, and what lies in it. */
export interface Places {
  readonly folder: string;
  readonly config: string;
  readonly state: string;
  readonly lock: string;
  readonly socket: string;
  readonly log: string;
  readonly home: string;
  release(id: string): string;
  versionLog(id: string): string;
  tmp(id: string): string;
}

/** Relative to the host's working directory in the host itself, whose folder is "". */
export function placesIn(folder: string): Places {
  return {
    folder,
    config: join(folder, "config.json"),
    state: join(folder, "state.json"),
    lock: join(folder, "host.lock"),
    socket: join(folder, "control.sock"),
    log: join(folder, "host.log"),
    home: join(folder, "home"),
    release: (id) => join(folder, "releases", id),
    versionLog: (id) => join(folder, "logs", `${id}.log`),
    tmp: (id) => join(folder, "tmp", id),
  };
}

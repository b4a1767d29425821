import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HostTool } from "@gantry/sdk/api";
import {
  createExec,
  createTalks,
  probeBubblewrap,
  probeCgroup,
  type BubblewrapProbe,
  type Exec,
  type ExecDeps,
  type OpenTalk,
} from "../exec/index.ts";
import { SandboxMissingError } from "./errors.ts";
import type { Parts } from "./parts.ts";

/** Running tools on this host, in a sandbox where it has one. `folder` of the data directory takes what shims leave. */
export async function openExec(
  { config, log }: Pick<Parts, "config" | "log">,
  searchPath: string,
  folder: string,
): Promise<{ exec: Exec; talks: OpenTalk; sandbox: HostTool }> {
  const sandbox = config.sandbox === "off" ? null : await probeBubblewrap(searchPath);
  if (sandbox && !sandbox.available) {
    if (config.sandbox === "required") throw new SandboxMissingError(sandbox.reason);
    log.warn({ reason: sandbox.reason }, "Tools run without a sandbox; `gantry doctor` says how to change that");
  }
  const cgroup = probeCgroup();
  const deps: ExecDeps = {
    root: join(config.dataDir, folder),
    bubblewrap: sandbox?.available ? sandbox.info : null,
    ...(cgroup.available ? { cgroup: cgroup.info } : {}),
    environment: config.environment,
    passEnvironment: config.passEnvironment,
    readable: config.readable,
    hidden: [
      config.keyFile,
      ...config.files,
      ...["postgres", "blobs", "administrator-key"].map((name) => join(config.dataDir, name)),
    ].filter((path) => existsSync(path)),
  };
  return { exec: createExec(deps), talks: createTalks(deps), sandbox: sandboxOf(sandbox) };
}

function sandboxOf(probe: BubblewrapProbe | null): HostTool {
  if (probe?.available) return { name: "bubblewrap", version: probe.info.version, problem: null };
  return { name: "bubblewrap", version: null, problem: probe?.reason ?? "switched off (GANTRY_SANDBOX)" };
}

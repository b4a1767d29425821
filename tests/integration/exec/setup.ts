import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createExec, createWorkspace, probeBubblewrap, probeCgroup } from "../../../platform/src/exec/index.ts";
import type {
  BubblewrapInfo,
  CgroupInfo,
  Exec,
  ExecDeps,
  ExecRequest,
  RunOptions,
  Workspace,
} from "../../../platform/src/exec/index.ts";
import { markedProcesses } from "../../../platform/src/exec/processes.ts";
import { createRedactor } from "../../../platform/src/lib/redact.ts";

const probe = await probeBubblewrap(process.env["PATH"] ?? "");
export const bubblewrap: BubblewrapInfo | null = probe.available ? probe.info : null;

const cgroupProbe = probeCgroup();
/** Only where the host lets this user make control groups. */
export const cgroup: CgroupInfo | null = cgroupProbe.available ? cgroupProbe.info : null;

export interface Mode {
  mode: string;
  deps: Pick<ExecDeps, "bubblewrap" | "cgroup">;
}

/** Each way in which tools run on this host. On CI bubblewrap must be there. */
export const modes: Mode[] = [
  { mode: "without a sandbox", deps: { bubblewrap: null } },
  ...(cgroup === null ? [] : [{ mode: "in a control group", deps: { bubblewrap: null, cgroup } }]),
  ...(bubblewrap === null && process.env["CI"] === undefined
    ? []
    : [{ mode: "in bubblewrap", deps: { bubblewrap: requireBubblewrap(), cgroup } }]),
];

export function requireBubblewrap(): BubblewrapInfo {
  if (bubblewrap !== null) return bubblewrap;
  throw new Error(`These tests need bubblewrap: ${probe.available ? "" : probe.reason}`);
}

export interface TestHost extends AsyncDisposable {
  /** Stands for the data directory: what shims leave is in it, and the attempt's folders too. */
  directory: string;
  exec: Exec;
  attemptId: string;
  workspace: Workspace;
  request(request: Partial<ExecRequest> & Pick<ExecRequest, "args">): ExecRequest;
  run(
    request: Partial<ExecRequest> & Pick<ExecRequest, "args">,
    options?: Partial<RunOptions>,
  ): ReturnType<Exec["run"]>;
  /** Processes of this attempt that are alive. */
  left(): number;
}

/** A host for one attempt. `sh` is the tool unless a test names another. */
export async function startHost(deps: Partial<ExecDeps> & Pick<ExecDeps, "bubblewrap">): Promise<TestHost> {
  const directory = await mkdtemp(join(tmpdir(), "gantry-exec-"));
  const attemptId = `attempt-${randomUUID()}`;
  const root = join(directory, "executions");
  await mkdir(join(directory, "workspaces"));
  const exec = createExec({ root, environment: process.env, ...deps });
  const workspace = await createWorkspace({ root: join(directory, "workspaces"), runId: "run", attemptId });
  let ordinal = 0;
  const host: TestHost = {
    directory,
    exec,
    attemptId,
    workspace,
    request: (request) => ({
      id: `${attemptId}.${ordinal++}`,
      command: "sh",
      workspace,
      timeoutMs: 60_000,
      gracePeriodMs: 2_000,
      network: "host",
      onWorkerLoss: "kill",
      ...request,
      limits: { outputBytes: 10_000_000, ...request.limits },
    }),
    run: (request, options) =>
      exec.run(host.request(request), {
        signal: new AbortController().signal,
        redactor: createRedactor([]),
        ...options,
      }),
    left: () => markedProcesses(`GANTRY_ATTEMPT_ID=${attemptId}`).length,
    async [Symbol.asyncDispose]() {
      await exec.settle(attemptId);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return host;
}

/** All bytes of all files below a folder. */
export async function everythingIn(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name)));
  return Buffer.concat(await Promise.all(files));
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createTestContext } from "@gantry/sdk/testing";
import type { TestContext, TestContextOptions } from "@gantry/sdk/testing";
import { lookAt } from "../host-process.ts";
import type { HostView } from "../host/protocol.ts";
import { deployService } from "../runbooks.ts";
import { makeWritable } from "../source/tree.ts";
import { runRunbook } from "./run-runbook.ts";
import type { Ran } from "./run-runbook.ts";
import { findServicePort } from "./service-port.ts";
import { createServiceRepository } from "./service-repository.ts";
import type { Behaviour, ServiceRepository } from "./service-repository.ts";

export interface Stage extends AsyncDisposable {
  readonly ctx: TestContext;
  readonly repository: ServiceRepository;
  readonly port: number;
  readonly service: string;
  /** Commits a version and deploys it. */
  ship(behaviour: Behaviour, parameters?: Record<string, unknown>): Promise<Ran>;
  deploy(parameters?: Record<string, unknown>, secrets?: Readonly<Record<string, string>>): Promise<Ran>;
  look(): Promise<HostView>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }>;
}

/** A repository, a host directory and a free port; when it ends, so do all processes that were started on it. */
export async function createStage(options: TestContextOptions = {}): Promise<Stage> {
  const ctx = await createTestContext(options);
  const repository = createServiceRepository();
  const service = "web";
  const port = await findServicePort();
  const deploy: Stage["deploy"] = (parameters = {}, secrets = {}) => {
    const known = { service, repository: repository.path, port, ref: "main", drainMs: 2_000 };
    return runRunbook(deployService, { ...known, ...parameters }, ctx, { secrets });
  };
  return {
    ctx,
    repository,
    port,
    service,
    deploy,
    ship(behaviour, parameters) {
      repository.commit(behaviour);
      return deploy(parameters);
    },
    async look() {
      const view = await lookAt(service, ctx);
      if (view === null) throw new Error("Not deployed.");
      return view;
    },
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
    },
    async [Symbol.asyncDispose]() {
      await killEverythingIn(ctx.hostdir);
      repository[Symbol.dispose]();
      await makeWritable(ctx.hostdir); // Releases are read-only, and only root may remove what is in them then.
      await ctx[Symbol.asyncDispose]();
    },
  };
}

/** Processes whose command line or environment names the folder: hosts, their keepers and their versions. */
export function processesOf(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => ["cmdline", "environ"].some((file) => read(join("/proc", name, file)).includes(folder)))
    .map(Number);
}

/** Keepers first, or they would start their hosts again. */
export async function killEverythingIn(folder: string): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const pids = processesOf(folder).toSorted((a, b) => Number(isKeeper(b)) - Number(isKeeper(a)));
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
  limitMs = 120_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms in vain: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isKeeper(pid: number): boolean {
  return read(`/proc/${pid}/cmdline`).includes("gantry-host-keeper");
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

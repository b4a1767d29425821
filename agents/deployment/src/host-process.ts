import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ToolContext } from "@gantry/sdk";
import { HostUnreachableError, NotDeployedError, PortChangeError, PortTakenError } from "./errors.ts";
import { hostClient } from "./host-client.ts";
import type { HostClient } from "./host-client.ts";
import { installHost } from "./install-host.ts";
import { writeDurably } from "./host/durable.ts";
import { canListen } from "./host/free-port.ts";
import { placesIn } from "./host/places.ts";
import type { Places } from "./host/places.ts";
import type { By, HostConfig, HostState, HostView, VersionView } from "./host/protocol.ts";
import { openState, readConfig } from "./host/state.ts";

/**
 * Restarts a host that ended without meaning to. A shell takes 1 MB for it; a second Node would take 40. A host that
 * can't even start must not fill the disk with its complaints, so the pause grows unless it was up for a minute.
 */
const keeper = `pause=0.1
while :; do
  begun=$(date +%s); "$@"
  case $? in 0|64) exit 0 ;; esac
  if [ $(($(date +%s) - begun)) -gt 60 ]; then pause=0.1; fi
  sleep $pause
  case $pause in 0.1) pause=1 ;; 1) pause=5 ;; *) pause=30 ;; esac
done`;

/** V8 would otherwise size its heap after the machine's memory. */
const nodeOptions = ["--max-old-space-size=256", "--max-semi-space-size=2"];
const searchPath = "PATH=/usr/local/bin:/usr/bin:/bin";

const startLimitMs = 15_000;
const pollMs = 15;

export type HostContext = Pick<ToolContext, "hostdir" | "environment" | "launch" | "signal" | "runId" | "fence">;

export function placesOf(service: string, ctx: Pick<ToolContext, "hostdir" | "environment">): Places {
  return placesIn(join(ctx.hostdir, "deployment", ctx.environment, service));
}

export function byOf(ctx: Pick<ToolContext, "runId" | "fence">): By {
  return { run: ctx.runId, fence: ctx.fence };
}

/** What the service looks like: from its host process, else from what that wrote down last; null when never deployed. */
export async function lookAt(service: string, ctx: HostContext): Promise<HostView | null> {
  const places = placesOf(service, ctx);
  const config = readConfig(places.config);
  if (config === null) return null;
  return (await answering(hostClient(places, ctx.signal))) ?? viewOnDisk(config, openState(places.state).current);
}

/** @throws {NotDeployedError} when there is nothing of this service here. */
export async function lookAtDeployed(service: string, ctx: HostContext): Promise<HostView> {
  const view = await lookAt(service, ctx);
  if (view === null) throw new NotDeployedError(service, ctx.environment);
  return view;
}

export function findVersion(view: HostView | null, id: string | null): VersionView | null {
  return view?.versions.find((version) => version.id === id) ?? null;
}

/**
 * For `inspect`: what `find` sees once nobody who had the run before can change it any more. Without a host process to
 * refuse such a one, and while one may be at work, the answer is "running": look again later.
 */
export async function inspectService<Found>(
  service: string,
  ctx: HostContext & Pick<ToolContext, "orphans">,
  find: (view: HostView | null) => Found,
): Promise<Found | "running"> {
  const view = await lookAt(service, ctx);
  if (view !== null && view.pid !== 0)
    return find(await hostClient(placesOf(service, ctx), ctx.signal).fence(byOf(ctx)));
  return ctx.orphans === "possible" ? "running" : find(view);
}

/**
 * Fails when the service couldn't listen there: a stranger has the port, or the service itself another one.
 * @throws {PortTakenError} @throws {PortChangeError}
 */
export async function ensurePortUsable(view: HostView | null, wanted: Where, environment: string): Promise<void> {
  if (isUp(view)) return refuseMove(view, wanted, environment);
  if (!(await canListen(wanted.address, wanted.port))) throw new PortTakenError(wanted.address, wanted.port);
}

export interface Where {
  service: string;
  address: string;
  port: number;
}

/**
 * The service's host process, started when there is none. `where` null: where it was.
 * @throws {PortTakenError} @throws {PortChangeError} @throws {NotDeployedError} @throws {HostUnreachableError}
 */
export async function ensureHost(service: string, where: Where | null, ctx: HostContext): Promise<HostClient> {
  const places = placesOf(service, ctx);
  const client = hostClient(places, ctx.signal);
  const view = await answering(client);
  if (view !== null) {
    if (where) refuseMove(view, where, ctx.environment);
    return client;
  }
  await writeConfig(service, where, ctx);
  const program = await installHost(join(ctx.hostdir, "deployment", ".program"));
  const host = [process.execPath, ...nodeOptions, program, places.folder];
  // Clean from the first process on: no variable of the worker, and no mark by which it finds and kills leftovers.
  await ctx.launch("/usr/bin/env", ["-i", searchPath, "/bin/sh", "-c", keeper, "gantry-host-keeper", ...host], {
    cwd: places.folder,
    logFile: places.log,
  });
  const started = await untilAnswering(client, places);
  if (started.listenError === "EADDRINUSE" || started.listenError === "EACCES") {
    if (started.active === null) await client.shutdown({ by: byOf(ctx), drainMs: 0, graceMs: 5_000 });
    throw new PortTakenError(started.address, started.port, started.listenError);
  }
  return client;
}

/** Ends the host process of a service that has nothing left to run, so that its port is free again. */
export async function endIdleHost(service: string, ctx: HostContext): Promise<void> {
  const client = hostClient(placesOf(service, ctx), ctx.signal);
  const view = await answering(client);
  if (view === null || view.active !== null || view.versions.some(({ status }) => status !== "stopped")) return;
  await client.shutdown({ by: byOf(ctx), drainMs: 0, graceMs: 0 });
}

async function writeConfig(service: string, where: Where | null, ctx: HostContext): Promise<void> {
  const places = placesOf(service, ctx);
  const known = readConfig(places.config);
  if (where === null && known === null) throw new NotDeployedError(service, ctx.environment);
  if (where === null) return;
  const wanted: HostConfig = { format: 1, environment: ctx.environment, ...where };
  const { versions } = openState(places.state).current;
  // Its host was killed with versions wanted: it comes back where it was.
  if (known && Object.values(versions).some((version) => version.wanted === "running"))
    return refuseMove(known, where, ctx.environment);
  await mkdir(places.folder, { recursive: true, mode: 0o700 });
  writeDurably(places.config, JSON.stringify(wanted));
}

function refuseMove(now: HostConfig, wanted: Where, environment: string): void {
  if (now.address !== wanted.address || now.port !== wanted.port)
    throw new PortChangeError(now.service, environment, `${now.address}:${now.port}`);
}

function isUp(view: HostView | null): view is HostView {
  return view !== null && (view.pid !== 0 || view.versions.some(({ wanted }) => wanted === "running"));
}

async function answering(client: HostClient): Promise<HostView | null> {
  try {
    return await client.view();
  } catch (error) {
    if (error instanceof HostUnreachableError) return null;
    throw error;
  }
}

async function untilAnswering(client: HostClient, places: Places): Promise<HostView> {
  const end = performance.now() + startLimitMs;
  while (performance.now() < end) {
    const view = await answering(client);
    if (view !== null) return view;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new HostUnreachableError(
    `The host process of this service did not start within ${startLimitMs} ms. See ${places.log}.`,
  );
}

function viewOnDisk(config: HostConfig, state: HostState): HostView {
  const versions = Object.values(state.versions).map(({ env: _env, process: _process, ...record }) => ({
    ...record,
    status: "stopped" as const,
    pid: null,
    crashes: 0,
    lastExit: null,
    inFlight: 0,
  }));
  const { active, stoppedFrom } = state;
  return {
    ...config,
    pid: 0,
    listening: false,
    listenError: null,
    active,
    stoppedFrom,
    versions,
    requests: { total: 0, failed: 0 },
  };
}

import { request } from "node:http";
import { open } from "node:fs/promises";
import { DeploymentConflictError, HostUnreachableError, ReleaseNotFoundError } from "./errors.ts";
import type { By, HostView, RefusalBody, StopOrder, SwitchOrder, VersionSpec } from "./host/protocol.ts";
import { isAlive, processRef } from "./host/processes.ts";
import type { Places } from "./host/places.ts";

/** sockaddr_un holds 107 bytes of path; macOS 103. */
const longestSocketPath = 100;
const endLimitMs = 5_000;

export interface HostClient {
  view(): Promise<HostView>;
  start(by: By, spec: VersionSpec): Promise<HostView>;
  wake(by: By, id: string): Promise<HostView>;
  switch(order: SwitchOrder): Promise<HostView>;
  stop(id: string, order: StopOrder): Promise<HostView>;
  forget(by: By, id: string): Promise<HostView>;
  fence(by: By): Promise<HostView>;
  shutdown(order: Omit<StopOrder, "retiredFor">): Promise<HostView>;
}

/**
 * Speaks to the host process of a service. Every call answers with the state after it.
 * @throws {HostUnreachableError} when no host answers there.
 * @throws {DeploymentConflictError} when the host refuses.
 */
export function hostClient(places: Places, signal: AbortSignal): HostClient {
  const send = (method: string, path: string, body?: unknown): Promise<HostView> =>
    call(places, { method, path, body, signal });
  return {
    view: () => send("GET", "/state"),
    start: (by, spec) => send("POST", "/versions", { by, spec }),
    wake: (by, id) => send("POST", `/wake/${id}`, { by }),
    switch: (order) => send("POST", "/switch", order),
    stop: (id, order) => send("POST", `/stop/${id}`, order),
    forget: (by, id) => send("POST", `/forget/${id}`, { by }),
    fence: (by) => send("POST", "/fence", { by }),
    shutdown: async (order) => ended(await send("POST", "/shutdown", order)),
  };
}

/** The answer comes before the end: wait for that, so that port and folder are free. */
async function ended(view: HostView): Promise<HostView> {
  const host = processRef(view.pid);
  const end = performance.now() + endLimitMs;
  while (host !== null && isAlive(host) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return view;
}

interface Call {
  method: string;
  path: string;
  body: unknown;
  signal: AbortSignal;
}

async function call(places: Places, { method, path, body, signal }: Call): Promise<HostView> {
  signal.throwIfAborted();
  const { status, text } = await withSocketPath(places, (socketPath) =>
    exchange(socketPath, { method, path, body, signal }),
  );
  if (status === 200) return JSON.parse(text) as HostView;
  const refusal = JSON.parse(text) as RefusalBody;
  if (refusal.error === "release_missing") throw new ReleaseNotFoundError("This service", refusal.message);
  if (status === 409) throw new DeploymentConflictError(refusal.message, { details: { refusal: refusal.error } });
  throw new HostUnreachableError(`The host process of this service failed: ${refusal.message} See ${places.log}.`);
}

/** A path that is too long for a socket is reached through a descriptor of its folder. */
async function withSocketPath<Result>(places: Places, use: (path: string) => Promise<Result>): Promise<Result> {
  if (Buffer.byteLength(places.socket) <= longestSocketPath) return use(places.socket);
  if (process.platform !== "linux")
    throw new HostUnreachableError(
      `${places.socket} is too long for a socket's path here. Choose a shorter data directory.`,
    );
  const folder = await open(places.folder, "r").catch((cause: unknown) => {
    throw unreachable(cause);
  });
  try {
    return await use(`/proc/self/fd/${folder.fd}/control.sock`);
  } finally {
    await folder.close();
  }
}

function exchange(socketPath: string, { method, path, body, signal }: Call): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
      response.once("error", (cause) => reject(unreachable(cause)));
    });
    sent.once("error", (cause) => reject(signal.aborted ? cause : unreachable(cause)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function unreachable(cause: unknown): HostUnreachableError {
  return new HostUnreachableError("The host process of this service doesn't answer.", { cause });
}

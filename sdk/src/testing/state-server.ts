import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** Who asks for a state: the attempt, as the platform's own backend sees it. */
export interface StateHolder {
  runId: string;
  stepKey: string;
  attemptId: string;
  fence: number;
}

export interface StateLock {
  /** Lock info as Terraform sent it, with the run, step and attempt in its `Info`. */
  info: Record<string, unknown>;
  holder: StateHolder;
}

export interface StateServer extends AsyncDisposable {
  readonly url: string;
  /** What `ctx.stateBackend(name)` gives: `TF_HTTP_*`. */
  environment(name: string, holder: StateHolder): Record<string, string>;
  /** Every version that was written, oldest first; parsed. */
  versions(name: string): readonly Record<string, unknown>[];
  /** The newest version; null when there is none. */
  current(name: string): Record<string, unknown> | null;
  lock(name: string): StateLock | null;
  /** Writes a version past every lock, as somebody else would. */
  put(name: string, state: Record<string, unknown>): void;
  /** Drops a state with all its versions. */
  forget(name: string): void;
  /** Resolves when somebody next takes the lock of a state, writes it or gives the lock back. */
  changed(): Promise<void>;
}

interface Kept {
  versions: Record<string, unknown>[];
  lock: StateLock | null;
  fences: Map<string, number>;
}

/**
 * A state backend in memory that speaks Terraform's HTTP protocol as the platform's does: versions, locks that name the
 * attempt in their `Info`, and no lock for an attempt whose run has changed hands since. A write is never refused to whoever
 * held the lock last, because that would lose track of real resources.
 */
export async function startStateServer(): Promise<StateServer> {
  const states = new Map<string, Kept>();
  const holders = new Map<string, StateHolder>();
  const waiting = new Set<() => void>();
  const kept = (name: string): Kept => {
    const state = states.get(name) ?? { versions: [], lock: null, fences: new Map() };
    states.set(name, state);
    return state;
  };
  const server = createServer((request, response) => {
    const holder = holders.get(passwordOf(request) ?? "");
    const name = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname.slice(1));
    const answer = holder === undefined ? Promise.resolve<Answer>([401, ""]) : handle(request, kept(name), holder);
    const noted = (done: Answer): void => {
      send(response, done);
      for (const resolve of waiting) resolve();
      waiting.clear();
    };
    // A client that was killed in the middle of its request hears no answer; one that sent no JSON does.
    answer.then(noted, (error: unknown) => noted([400, String(error)]));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    environment(name, holder) {
      const password = randomBytes(16).toString("hex");
      holders.set(password, holder);
      const address = `${url}/${encodeURIComponent(name)}`;
      return {
        TF_HTTP_ADDRESS: address,
        TF_HTTP_LOCK_ADDRESS: address,
        TF_HTTP_UNLOCK_ADDRESS: address,
        TF_HTTP_USERNAME: "attempt",
        TF_HTTP_PASSWORD: password,
      };
    },
    versions: (name) => kept(name).versions,
    current: (name) => kept(name).versions.at(-1) ?? null,
    lock: (name) => kept(name).lock,
    put: (name, state) => void kept(name).versions.push(state),
    forget: (name) => void states.delete(name),
    changed: () => new Promise((done) => waiting.add(done)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

type Answer = readonly [status: number, body: string];

async function handle(request: IncomingMessage, state: Kept, holder: StateHolder): Promise<Answer> {
  const body = await text(request);
  switch (request.method) {
    case "GET": {
      const current = state.versions.at(-1);
      return current === undefined ? [404, ""] : [200, JSON.stringify(current)];
    }
    case "POST":
      state.versions.push(JSON.parse(body) as Record<string, unknown>);
      return [200, ""];
    case "LOCK":
      return takeLock(state, holder, JSON.parse(body) as Record<string, unknown>);
    case "UNLOCK":
      return giveLockBack(state, body);
    default:
      return [405, ""];
  }
}

function takeLock(state: Kept, holder: StateHolder, info: Record<string, unknown>): Answer {
  if (state.lock !== null) return [423, JSON.stringify(state.lock.info)];
  const step = `${holder.runId}/${holder.stepKey}`;
  if (holder.fence < (state.fences.get(step) ?? 0)) return [403, "The run has changed hands since this attempt began."];
  state.fences.set(step, holder.fence);
  const { runId, stepKey, attemptId } = holder;
  state.lock = { holder, info: { ...info, Info: `run ${runId}, step ${stepKey}, attempt ${attemptId}` } };
  return [200, JSON.stringify(state.lock.info)];
}

/** An empty body is `force-unlock` of old clients; otherwise the id must match. */
function giveLockBack(state: Kept, body: string): Answer {
  const id = body === "" ? undefined : (JSON.parse(body) as { ID?: string }).ID;
  if (state.lock !== null && id !== undefined && state.lock.info["ID"] !== id)
    return [409, JSON.stringify(state.lock.info)];
  state.lock = null;
  return [200, ""];
}

function passwordOf(request: IncomingMessage): string | undefined {
  const encoded = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  return encoded && Buffer.from(encoded, "base64").toString().split(":")[1];
}

function send(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}

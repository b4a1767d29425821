import type { LogLine } from "@gantry/sdk/api";
import { ApiError } from "@gantry/sdk/client";
import { createLogStore, type LogStore } from "./log-store.ts";

/** `reading`: what was there when it began; `following`: what comes; `waiting`: the connection broke or the page is hidden. */
export type LogState = "reading" | "following" | "waiting" | "ended" | "failed";

export interface LogReader {
  readonly store: LogStore;
  state(): LogState;
  /** What was there has been read to its end: what comes now is new. */
  caughtUp(): boolean;
  error(): unknown;
  /** Begins, and again after `stop`. */
  start(): void;
  /** The run goes on, or the connection may be dead without anybody having said so: what there is now is read as well. */
  resume(): void;
  stop(): void;
}

export interface LogReaderDeps {
  read(query: { follow: boolean; after?: string }, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Called at most once per frame. */
  onChange(): void;
  page: Pick<EventTarget, "addEventListener" | "removeEventListener"> & { readonly hidden: boolean };
  /** Lets the browser draw and listen before it goes on. */
  breathe(): Promise<void>;
  /** Runs `work` before the next frame. */
  beforeFrame(work: () => void): void;
  now(): number;
  pause(ms: number): Promise<void>;
}

/** How long it works until the browser gets a turn: a quarter of what anybody notices. */
const turnMs = 12;
const longestPauseMs = 10_000;

/**
 * Reads a run's log whole and then as it grows, over as many connections as it takes: each begins behind the last piece that came. A
 * hidden page lets go of its connection, since a browser has only six of them for a server.
 */
export function createLogReader({ read, onChange, page, breathe, beforeFrame, now, pause }: LogReaderDeps): LogReader {
  const store = createLogStore();
  let state: LogState = "reading";
  let caughtUp = false;
  let error: unknown = null;
  let after: string | undefined;
  let abort = new AbortController();
  let running = false;
  let again = false;
  let stopped = true;
  let told = false;

  const tell = (): void => {
    if (told) return;
    told = true;
    beforeFrame(() => {
      told = false;
      if (!stopped) onChange();
    });
  };
  const turn = (next: LogState): void => {
    state = next;
    tell();
  };

  const take = async (follow: boolean): Promise<void> => {
    let turnBegan = now();
    for await (const piece of read({ follow, ...(after === undefined ? {} : { after }) }, abort.signal)) {
      store.add(piece);
      after = piece.cursor;
      tell();
      if (now() - turnBegan < turnMs) continue;
      await breathe();
      turnBegan = now();
    }
  };

  const run = async (): Promise<void> => {
    if (running) return void (again = true);
    running = true;
    for (let failures = 0; !stopped && !page.hidden;) {
      again = false;
      abort = new AbortController();
      try {
        // What is there is read to its end first, so that it is known where it ends.
        await take(false);
        caughtUp = true;
        failures = 0;
        turn("following");
        await take(true);
        if (!again) {
          turn("ended");
          break;
        }
      } catch (cause) {
        if (abort.signal.aborted) {
          turn("waiting");
          continue;
        }
        if (cause instanceof ApiError && !cause.retryable) {
          error = cause;
          turn("failed");
          break;
        }
        failures += 1;
        turn("waiting");
        await pause(Math.min(longestPauseMs, 250 * 2 ** failures));
      }
    }
    running = false;
  };

  const look = (): void => {
    if (state === "ended" || state === "failed") return;
    if (!page.hidden) return void run();
    turn("waiting");
    abort.abort();
  };
  return {
    store,
    state: () => state,
    caughtUp: () => caughtUp,
    error: () => error,
    resume: () => {
      if (state === "failed") return;
      void run();
      if (state === "following") abort.abort();
    },
    start: () => {
      stopped = false;
      page.addEventListener("visibilitychange", look);
      void run();
    },
    stop: () => {
      stopped = true;
      page.removeEventListener("visibilitychange", look);
      abort.abort();
    },
  };
}

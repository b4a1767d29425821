import type { FeedEvent } from "@gantry/sdk/api";
import type { FollowOptions, StreamItem } from "@gantry/sdk/client";

/** `off`: the tab is hidden, and the stream waits for it to be looked at again. */
export type LiveState = "connecting" | "live" | "off" | "ended";

export interface Live {
  /** Each event once, in order. Returns how to stop. */
  onEvent(listener: (event: FeedEvent) => void): () => void;
  /**
   * Something may have been missed: whatever was read before must be read anew. `began`: the stream begins, so all that may have been
   * missed are events between the page's first reads and now.
   */
  onReset(listener: (began: boolean) => void): () => void;
  state(): LiveState;
  onState(listener: () => void): () => void;
  stop(): void;
}

export interface LiveDeps {
  follow(options: FollowOptions): AsyncGenerator<StreamItem<FeedEvent>>;
  /** The page, as far as being looked at is concerned. */
  page: Pick<EventTarget, "addEventListener" | "removeEventListener"> & { readonly hidden: boolean };
  /** How long a hidden page goes on listening. */
  hiddenMs?: number;
}

/**
 * The one stream of the dashboard: all events of the organization, over as many connections as it takes. A hidden page lets go of it
 * and takes it up behind the last event that it saw, so it costs nothing in the background and misses nothing.
 */
export function createLive({ follow, page, hiddenMs = 60_000 }: LiveDeps): Live {
  const onEvent = new Set<(event: FeedEvent) => void>();
  const onReset = new Set<(began: boolean) => void>();
  const onState = new Set<() => void>();
  let state: LiveState = "connecting";
  let after: string | undefined;
  let abort = new AbortController();
  let letGo: ReturnType<typeof setTimeout> | undefined;

  const turn = (next: LiveState): void => {
    if (state === next || state === "ended") return;
    state = next;
    for (const listener of onState) listener();
  };

  const listen = async (): Promise<void> => {
    const { signal } = (abort = new AbortController());
    turn("connecting");
    try {
      for await (const item of follow({ signal, ...(after === undefined ? {} : { after }) })) {
        if (signal.aborted) return;
        if (item.kind === "reconnecting") turn("connecting");
        else {
          // The first time the page may have read something before the stream began.
          const first = after === undefined;
          after = item.id;
          turn("live");
          if (item.kind === "event") for (const listener of onEvent) listener(item.event);
          else if (item.kind === "reset" || first) for (const listener of onReset) listener(item.kind !== "reset");
        }
      }
    } catch {
      // Nothing that trying again would mend: the session is over, or its rights are.
      turn("ended");
    }
  };

  const look = (): void => {
    clearTimeout(letGo);
    if (!page.hidden && state === "off") void listen();
    if (page.hidden && state !== "off")
      letGo = setTimeout(() => {
        abort.abort();
        turn("off");
      }, hiddenMs);
  };

  page.addEventListener("visibilitychange", look);
  void listen();
  return {
    onEvent: (listener) => subscribe(onEvent, listener),
    onReset: (listener) => subscribe(onReset, listener),
    state: () => state,
    onState: (listener) => subscribe(onState, listener),
    stop: () => {
      page.removeEventListener("visibilitychange", look);
      clearTimeout(letGo);
      abort.abort();
    },
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

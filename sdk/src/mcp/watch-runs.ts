import type { Client } from "../client/index.ts";

/** Runs whose events somebody waits for. */
export interface RunWatch {
  /** False: the address isn't one of a run, or there are too many. @throws ApiError for a run that can't be seen */
  add(uri: string): Promise<boolean>;
  remove(uri: string): void;
  close(): void;
}

const ofRun = /^gantry:\/\/runs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/change-set)?$/;
/** At once. Each is a stream of the API's. */
export const mostWatched = 16;
/** Events come in bursts, and whoever is told reads the whole. */
const togetherMs = 100;

/**
 * Tells of a run's events as they come, until it has ended. It reads as the client's credential may. `onLost` is called when a run can't be
 * followed any further.
 */
export function watchRuns(client: Client, changed: (uri: string) => void, onLost: (error: Error) => void): RunWatch {
  const watched = new Map<string, AbortController>();
  const follow = async (uri: string, run: string, after: number, signal: AbortSignal): Promise<void> => {
    let waiting = false;
    const tell = () => {
      waiting = false;
      if (!signal.aborted) changed(uri);
    };
    for await (const item of client.runs.follow(run, { after, signal })) {
      if (item.kind !== "event") continue;
      if (!waiting) setTimeout(tell, togetherMs);
      waiting = true;
      if (item.event.type === "run.finished") return;
    }
  };
  const remove = (uri: string): void => {
    watched.get(uri)?.abort();
    watched.delete(uri);
  };
  return {
    async add(uri) {
      const run = ofRun.exec(uri)?.[1];
      if (run === undefined) return false;
      if (watched.has(uri)) return true;
      if (watched.size >= mostWatched) return false;
      const stop = new AbortController();
      watched.set(uri, stop);
      const { seq } = await client.runs.get(run).catch((error: unknown) => {
        remove(uri);
        throw error;
      });
      follow(uri, run, seq, stop.signal).catch((error: unknown) => {
        if (stop.signal.aborted) return;
        remove(uri);
        onLost(error as Error);
      });
      return true;
    },
    remove,
    close: () => [...watched.keys()].forEach(remove),
  };
}

import type { Log } from "../../lib/log.ts";
import { inOrganization } from "../../store/organization.ts";
import type { ApiDeps } from "../deps.ts";
import { compareFeed, newestFeedPosition, type FeedPosition } from "../../store/journal/event-feed.ts";

/** Lets streams wait for news. However many wait, an organization costs one look per round. */
export interface Watch {
  /** Resolves once the run has events past `seq`, or `signal` is aborted. */
  run(org: string, run: string, seq: number, signal: AbortSignal): Promise<void>;
  /** Resolves once the organization's feed has events behind the position, or `signal` is aborted. */
  feed(org: string, after: FeedPosition | null, signal: AbortSignal): Promise<void>;
  /** Resolves when it looks no more. */
  close(): Promise<void>;
}

interface Waiter {
  run: string | null;
  seq: number;
  after: FeedPosition | null;
  resolve(): void;
}

export function createWatch(deps: Pick<ApiDeps, "pool" | "onEvents" | "config"> & { log: Log }): Watch {
  const waiting = new Map<string, Set<Waiter>>();
  let looking: Promise<void> | null = null;
  let again = false;
  let closed = false;

  const look = (): void => {
    again = true;
    looking ??= lookWhileAsked().finally(() => {
      looking = null;
      // Asked in the moment between its last look and here.
      if (again && !closed) look();
    });
  };
  const lookWhileAsked = async (): Promise<void> => {
    while (again && !closed) {
      again = false;
      for (const [org, waiters] of waiting) {
        await lookIn(deps, org, waiters).catch((err: unknown) =>
          deps.log.warn({ err }, "Streams can't look for events"),
        );
      }
    }
  };
  const unsubscribe = deps.onEvents(() => look());
  const timer = setInterval(() => look(), deps.config.pollMs);

  const wait = (org: string, what: Omit<Waiter, "resolve">, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = waiting.get(org) ?? new Set();
    const waiter = { ...what, resolve: () => resolve() };
    waiting.set(org, waiters.add(waiter));
    signal.addEventListener("abort", waiter.resolve, { once: true });
    // What was written between the stream's last read and now is found by this look.
    look();
    return promise.finally(() => {
      signal.removeEventListener("abort", waiter.resolve);
      waiters.delete(waiter);
      if (waiters.size === 0 && waiting.get(org) === waiters) waiting.delete(org);
    });
  };

  return {
    run: (org, run, seq, signal) => wait(org, { run, seq, after: null }, signal),
    feed: (org, after, signal) => wait(org, { run: null, seq: 0, after }, signal),
    async close() {
      closed = true;
      clearInterval(timer);
      unsubscribe();
      await looking;
    },
  };
}

async function lookIn(deps: Pick<ApiDeps, "pool">, org: string, waiters: ReadonlySet<Waiter>): Promise<void> {
  const runs = [...new Set([...waiters].flatMap(({ run }) => (run === null ? [] : [run])))];
  const feeds = [...waiters].filter(({ run }) => run === null);
  const { seqs, newest } = await inOrganization(deps.pool, org, async (tx) => ({
    seqs:
      runs.length === 0
        ? []
        : (await tx.query<{ id: string; seq: number }>("SELECT id, seq FROM runs WHERE id = ANY ($1::uuid[])", [runs]))
            .rows,
    newest: feeds.length === 0 ? null : await newestFeedPosition(tx, org),
  }));
  const found = new Map(seqs.map(({ id, seq }) => [id, seq]));
  for (const waiter of waiters) {
    if (waiter.run !== null && (found.get(waiter.run) ?? 0) > waiter.seq) waiter.resolve();
    if (waiter.run === null && newest !== null && (waiter.after === null || compareFeed(newest, waiter.after) > 0)) {
      waiter.resolve();
    }
  }
}

import type { Scope } from "@gantry/sdk/api";
import type { FeedEvent } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { queryOptions, useSuspenseQuery, type Query, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useRef, useSyncExternalStore } from "react";
import type { Live, LiveState } from "./live.ts";
import { createRefresher, type Refresher } from "./refresh.ts";

/** What every screen works with. */
export interface Data {
  client: Client;
  live: Live;
}

export const DataContext = createContext<Data | null>(null);

export function useClient(): Client {
  return useData().client;
}

function useData(): Data {
  const data = use(DataContext);
  if (data === null) throw new Error("There is no data above this component.");
  return data;
}

/**
 * Keys of queries begin with what they are about, so that events refresh the right ones: `["run", id, …]` with every event of that run,
 * lists when a run changes its state, `["settings", …]` with nothing that happens to runs.
 */
export const keys = {
  me: ["me"],
  run: (run: string) => ["run", run],
  /** Further parts are the filter. */
  runs: ["runs"],
  approvals: ["approvals"],
  overview: ["overview"],
  queue: ["queue"],
  settings: ["settings"],
} as const;

export const meQuery = (client: Client) =>
  queryOptions({ queryKey: keys.me, queryFn: () => client.me.get(), staleTime: 60_000 });

export function useMe() {
  return useSuspenseQuery(meQuery(useClient())).data;
}

/** Whether to offer what needs the scope. Roles at places are decided by the API alone. */
export function useMay(scope: Scope): boolean {
  return useMe().scopes.includes(scope);
}

export function useLiveState(): LiveState {
  const { live } = useData();
  return useSyncExternalStore(live.onState, live.state);
}

/** Calls `listener` with each event, of one run where it is named. */
export function useEvents(listener: (event: FeedEvent) => void, run?: string): void {
  const { live } = useData();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(
    () =>
      live.onEvent((event) => {
        if (run === undefined || event.run === run) latest.current(event);
      }),
    [live, run],
  );
}

/** Calls `listener` when events may have been missed. */
export function useLiveReset(listener: () => void): void {
  const { live } = useData();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => live.onReset(() => latest.current()), [live]);
}

/** Lists whose rows follow from where runs are. */
const ofAllRuns = [keys.runs, keys.approvals, keys.overview, keys.queue];
const moves = /^(run|change_set|approval)\.|^step\.outcome_unclear$|^attempt\.settled$/;

/** How long a list of runs may rest after it was read: that a run came or is somewhere else is seen soon, that it does its next step can wait. */
export function listGapMs({ type }: Pick<FeedEvent, "type">): number {
  return moves.test(type) ? 100 : 1_000;
}

/** Keeps what is on the screen true: reads again what an event is about. Returns how to stop. */
export function refreshByEvents(queries: QueryClient, live: Live): () => void {
  const refreshers = new Map<string, Refresher>();
  const refresh = (queryKey: readonly string[], gapMs: number): void => {
    const name = queryKey.join(" ");
    let refresher = refreshers.get(name);
    if (refresher === undefined) {
      refresher = createRefresher(() => readAgain(queries, queryKey));
      refreshers.set(name, refresher);
    }
    refresher.ask(gapMs);
  };
  const stops = [
    live.onEvent((event) => {
      // What isn't on the screen is only marked, and read when it comes there.
      if (queries.getQueryCache().findAll({ queryKey: keys.run(event.run) }).length > 0)
        refresh(keys.run(event.run), 80);
      for (const list of ofAllRuns) refresh(list, listGapMs(event));
    }),
    live.onReset((began) => void queries.invalidateQueries(began ? { predicate: followsEvents } : {})),
  ];
  return () => {
    for (const stop of [...stops, ...[...refreshers.values()].map((one) => one.stop)]) stop();
  };
}

/** What nothing but events changes; who somebody is, and what is set, are as they were read a moment ago. */
function followsEvents({ queryKey }: Pick<Query, "queryKey">): boolean {
  return [["run"], ...ofAllRuns].some(([about]) => about === queryKey[0]);
}

/** A first read that is under way may have come too early for what happened: it is waited for, and made once more. */
async function readAgain(queries: QueryClient, queryKey: readonly string[]): Promise<void> {
  const first = queries
    .getQueryCache()
    .findAll({ queryKey, fetchStatus: "fetching" })
    .filter(({ state }) => state.data === undefined);
  await Promise.allSettled(first.flatMap(({ promise }) => (promise === undefined ? [] : [promise])));
  await queries.invalidateQueries({ queryKey });
}

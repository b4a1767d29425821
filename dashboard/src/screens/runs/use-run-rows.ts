import type { RunSummary } from "@gantry/sdk/api";
import { ApiError } from "@gantry/sdk/client";
import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { listGapMs, useClient, useEvents } from "../../data/queries.ts";
import { createRefresher, type Refresher } from "../../data/refresh.ts";
import { pageOf, renewed, rowsOf, touchedBy, type RunsPage } from "./pages.ts";
import { queryOf } from "./query.ts";
import type { RunsSearch } from "./search.ts";

type Pages = InfiniteData<RunsPage, string | undefined>;

const pageSize = 100;

export interface RunRows {
  /** Undefined: nothing has been read yet. */
  rows: readonly RunSummary[] | undefined;
  /** These are still those of another filter. */
  stale: boolean;
  more: boolean;
  loadMore(): void;
  error: Error | null;
}

/** The list, page by page. An event has only those pages read anew that it may have changed, however long the list is. */
export function useRunRows(search: RunsSearch): RunRows {
  const client = useClient();
  const queries = useQueryClient();
  const sort = search.sort ?? "-created";
  const query = useMemo(() => ({ ...queryOf(search), limit: pageSize }), [search]);
  // Not below the key of all lists of runs: every event would have all pages read.
  const queryKey = useMemo(() => ["run-rows", query], [query]);
  const { data, error, isPlaceholderData, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) =>
      pageOf(await client.runs.list({ ...query, cursor: pageParam }, { signal }), sort),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: RunsPage) => next ?? undefined,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    throwOnError: (failure) => failure instanceof ApiError && failure.status === 401,
  });

  const touched = useRef(new Set<string>());
  const refresher = useRef<Refresher>(undefined);
  useEffect(() => {
    touched.current.clear();
    refresher.current = createRefresher(async () => {
      const runs = [...touched.current];
      touched.current.clear();
      const before = queries.getQueryData<Pages>(queryKey);
      const which = new Set(runs.flatMap((run) => touchedBy(run, before?.pages ?? [], sort)));
      for (const index of which) {
        const fresh = await client.runs.list({ ...query, cursor: before?.pageParams[index] });
        queries.setQueryData<Pages>(queryKey, (pages) => pages && replaced(pages, index, fresh));
      }
    });
    const replaced = (pages: Pages, index: number, fresh: Pick<RunsPage, "items" | "next">): Pages => ({
      ...pages,
      pages: pages.pages.map((page, at) => (at === index ? renewed(page, fresh, sort) : page)),
    });
    return () => refresher.current?.stop();
  }, [client, queries, query, queryKey, sort]);
  useEvents((event) => {
    touched.current.add(event.run);
    refresher.current?.ask(listGapMs(event));
  });

  const rows = useMemo(() => (data === undefined ? undefined : rowsOf(data.pages)), [data]);
  return {
    rows,
    stale: isPlaceholderData,
    more: hasNextPage,
    loadMore: () => {
      if (!isFetchingNextPage && hasNextPage) void fetchNextPage();
    },
    error,
  };
}

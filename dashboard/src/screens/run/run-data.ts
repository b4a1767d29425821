import type { RunDetail } from "@gantry/sdk/api";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { Client } from "@gantry/sdk/client";
import { keys, useClient } from "../../data/queries.ts";
import type { RunSearch } from "./search.ts";

const route = getRouteApi("/runs/$run");

/** The run of this address, as its events keep it true. */
export function useRun(): RunDetail {
  const client = useClient();
  const { run } = route.useParams();
  return useSuspenseQuery({ queryKey: [...keys.run(run), "detail"], queryFn: () => client.runs.get(run) }).data;
}

export function usePlan(run: string) {
  const client = useClient();
  return useSuspenseQuery({
    queryKey: ["plan", run],
    queryFn: () => client.runs.plan(run),
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
}

export function useFailure(run: string, failed: boolean) {
  const client = useClient();
  return useQuery({
    queryKey: [...keys.run(run), "failure"],
    queryFn: () => client.runs.failure(run),
    enabled: failed,
    throwOnError: false,
  });
}

export function useTimeline(run: string, full: boolean) {
  const client = useClient();
  return useSuspenseQuery({
    queryKey: [...keys.run(run), "timeline", full],
    queryFn: () => client.runs.timeline(run, { full: full ? "true" : "false" }),
  }).data;
}

export function useStep(run: string, step: string) {
  const client = useClient();
  return useQuery({ queryKey: [...keys.run(run), "step", step], queryFn: () => client.runs.step(run, step) });
}

/** A command to the run. The events that follow from it refresh the page; until they come it is read anew once. */
export function useCommand<Input>(run: string, send: (client: Client, input: Input) => Promise<unknown>) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => send(client, input),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.run(run) }),
  });
}

/** What the address says of this screen, and how to say something else there. */
export function useRunSearch(): [RunSearch, (change: RunSearch, how?: { replace: boolean }) => void] {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return [
    search,
    (change, { replace } = { replace: true }) =>
      void navigate({ search: { ...search, ...change }, replace, resetScroll: false }),
  ];
}

import type { OnboardingView } from "@gantry/sdk/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys, useClient, useMe } from "../../data/queries.ts";
import { stored } from "../../data/stored.ts";
import { optional, type StepName } from "./progress.ts";

const name = "first-steps";
const preferencesKey = [...keys.settings, "preferences"];
const finishedKey = [...keys.settings, "first-steps"];

/** Whether all was done that isn't only there if one likes. */
export function isFinished(steps: readonly { step: StepName; state: string }[]): boolean {
  return steps.every(({ step, state }) => state === "done" || optional.has(step));
}

/**
 * Whether the first steps have a place in the navigation: until the organization has been through them, or the person has put them
 * away. This browser remembers that they are gone, so that nobody asks again with every page.
 */
export function useFirstStepsPlace(): boolean {
  const client = useClient();
  const kept = useKept();
  const asks = kept.get() === null;
  const quiet = { staleTime: 300_000, throwOnError: false, enabled: asks };
  const finished = useQuery({
    queryKey: finishedKey,
    queryFn: async () => isFinished((await client.onboarding.get()).steps),
    ...quiet,
  }).data;
  const away = useQuery({ queryKey: preferencesKey, queryFn: () => client.me.preferences(), ...quiet }).data;
  const gone = !asks || finished === true || away?.preferences[name] === "away";
  useEffect(() => {
    if (gone) kept.set("gone");
  });
  return !gone;
}

/** Puts them away, or back, for this person; `onboarding` is how far the organization is by now. */
export function usePutAway({ steps }: Pick<OnboardingView, "steps">): { away: boolean; put(away: boolean): void } {
  const client = useClient();
  const queries = useQueryClient();
  const kept = useKept();
  const finished = isFinished(steps);
  useEffect(() => void queries.setQueryData(finishedKey, finished), [queries, finished]);
  const { data } = useQuery({ queryKey: preferencesKey, queryFn: () => client.me.preferences(), throwOnError: false });
  const save = useMutation({
    mutationFn: (away: boolean) => client.me.setPreference(name, away ? "away" : null),
    onSuccess: (preferences, away) => {
      if (!away) kept.set(null);
      queries.setQueryData(preferencesKey, preferences);
    },
  });
  return { away: data?.preferences[name] === "away", put: save.mutate };
}

function useKept() {
  return stored(`first-steps.${useMe().actor.id}`);
}

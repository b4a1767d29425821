import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import { optional, type StepName } from "./progress.ts";

const name = "onboarding-skipped";
const queryKey = [...keys.settings, "preferences"];

/** Steps that somebody doesn't want; kept with them, not with this browser. What stands there is from outside. */
export function useSkipped(): { skipped: ReadonlySet<StepName>; set(step: StepName, skip: boolean): void } {
  const client = useClient();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey, queryFn: () => client.me.preferences(), throwOnError: false });
  const kept = data?.preferences[name];
  const skipped = new Set([...optional].filter((step) => Array.isArray(kept) && kept.includes(step)));
  const save = useMutation({
    mutationFn: (steps: StepName[]) => client.me.setPreference(name, steps),
    onSuccess: (preferences) => queries.setQueryData(queryKey, preferences),
  });
  return {
    skipped,
    set: (step, skip) => save.mutate([...skipped].filter((one) => one !== step).concat(skip ? [step] : [])),
  };
}

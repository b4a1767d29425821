import type { JsonObject } from "@gantry/sdk";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../data/queries.ts";
import type { Place } from "./place-fields.tsx";
import { runbooksQuery } from "./queries.ts";

/**
 * The runbook by which a model would plan a goal there, or make a runbook of a run more general; null: no agent that plans is installed, or no model
 * is connected.
 */
export function usePlanner({ project, environment }: Place, takes: "goal" | "file" = "goal"): string | null {
  const client = useClient();
  const mayRun = useMay("run");
  const { items: runbooks } = useSuspenseQuery(runbooksQuery(client)).data;
  const agents = useQuery({
    queryKey: [...keys.settings, "agents"],
    queryFn: () => client.agents.list(),
    throwOnError: false,
  }).data?.items;
  const models = useQuery({
    queryKey: [...keys.settings, "models at", project, environment],
    queryFn: () => client.models.list({ project, ...(environment !== "" && { environment }) }),
    throwOnError: false,
  }).data?.items;
  const plans = new Set(agents?.filter(({ mind }) => mind?.task === "plan").map(({ name }) => name));
  const planner = runbooks.find(
    ({ agent, parameters }) =>
      agent !== null && plans.has(agent) && Object.hasOwn((parameters["properties"] ?? {}) as JsonObject, takes),
  );
  const connected = models?.some(({ refused }) => refused === null) === true;
  return mayRun && connected ? (planner?.name ?? null) : null;
}

import type { RunDetail } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../../data/queries.ts";
import { microsText } from "../../../ui/micros.ts";
import { useTexts } from "../../../ui/texts.ts";
import { texts } from "./texts.ts";

export interface ModelCosts {
  micros: number;
  known: boolean;
  byStep: ReadonlyMap<string, { micros: number; known: boolean }>;
}

/** What the run's calls to models came to; null where it made none, and until that is known. */
export function useModelCosts({ id, createdAt }: RunDetail): ModelCosts | null {
  const client = useClient();
  const { data } = useQuery({
    queryKey: [...keys.run(id), "model costs"],
    queryFn: () => client.models.costs({ by: "step", run: id, since: createdAt }),
    throwOnError: false,
  });
  if (data === undefined || data.items.length === 0) return null;
  const { items } = data;
  return {
    micros: items.reduce((sum, { micros }) => sum + micros, 0),
    known: items.every(({ priceKnown }) => priceKnown),
    // The key is the run and the step.
    byStep: new Map(
      items.map(({ key, micros, priceKnown }) => [(key ?? "").slice(id.length + 1), { micros, known: priceKnown }]),
    ),
  };
}

/** Whether one of its steps is carried out by an agent that thinks. */
export function useThinks({ steps }: RunDetail): boolean {
  const client = useClient();
  const { data } = useQuery({
    queryKey: [...keys.settings, "agents"],
    queryFn: () => client.agents.list(),
    throwOnError: false,
  });
  const thinking = data?.items.filter(({ mind }) => mind !== null).flatMap(({ tools }) => tools) ?? [];
  return steps.some(({ tool }) => thinking.some(({ name }) => name === tool));
}

export function ModelCost({ costs: { micros, known } }: { costs: Pick<ModelCosts, "micros" | "known"> }) {
  const said = useTexts(texts);
  return <span title={said.costTitle}>{said.cost(microsText(micros, known))}</span>;
}

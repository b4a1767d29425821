import type { ModelCostView } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { keys, useClient } from "../../../data/queries.ts";
import { SelectField } from "../../../ui/field.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { microsText } from "../../../ui/micros.ts";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { duration } from "../../../ui/time.tsx";
import { Rows } from "../parts/rows.tsx";
import { costKinds, texts, type CostKind } from "./texts.ts";

/** What calls came to, the dearest first. */
export function Costs() {
  const said = useTexts(texts);
  const client = useClient();
  const [by, setBy] = useState<CostKind>("model");
  const { data, error } = useQuery({
    queryKey: [...keys.settings, "model costs", by],
    queryFn: () => client.models.costs({ by }),
    throwOnError: false,
  });
  const items = data?.items ?? [];
  const sum = items.reduce((all, { micros }) => all + micros, 0);
  return (
    <Panel title={said.costs}>
      <div className="space-y-3">
        <SelectField
          label={said.by}
          value={by}
          onChange={(event) => setBy(event.target.value as CostKind)}
          options={costKinds.map((kind) => ({ value: kind, label: said.kinds[kind] }))}
        />
        {error !== null && <ErrorNotice error={error} />}
        {data === undefined && error === null && <Loading what={said.costs} />}
        {data !== undefined && items.length === 0 && <p className="text-muted text-sm">{said.noCalls}</p>}
        {items.length > 0 && (
          <>
            <Rows
              label={said.kinds[by]}
              rows={items}
              idOf={({ key }) => key ?? ""}
              nameOf={(one) => <Name by={by} of={one} />}
              columns={[
                { title: said.calls, cell: ({ calls, failed }) => said.callCount(calls, failed), phone: false },
                {
                  title: said.inOut,
                  cell: ({ input, output }) => `${input.toLocaleString("en")} / ${output.toLocaleString("en")}`,
                  phone: false,
                },
                {
                  title: said.firstToken,
                  cell: ({ firstTokenMs }) => (firstTokenMs === null ? "" : duration(firstTokenMs)),
                  phone: false,
                },
                { title: said.cost, cell: ({ micros, priceKnown }) => microsText(micros, priceKnown) },
              ]}
            />
            <p className="text-muted text-sm">
              {said.sum(
                microsText(
                  sum,
                  items.every(({ priceKnown }) => priceKnown),
                ),
              )}
            </p>
          </>
        )}
      </div>
    </Panel>
  );
}

function Name({ by, of: { key } }: { by: CostKind; of: ModelCostView }) {
  const said = useTexts(texts);
  if (key === null) return said.nobody;
  if (by !== "run") return <span className="font-mono text-xs">{key}</span>;
  return (
    <Link to="/runs/$run" params={{ run: key }} className="text-accent font-mono text-xs underline">
      {key}
    </Link>
  );
}

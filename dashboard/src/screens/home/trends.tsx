import { useSuspenseQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useClient } from "../../data/queries.ts";
import { Chart } from "../../ui/chart.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration } from "../../ui/time.tsx";
import { texts } from "./texts.ts";

/** Days don't change by the event: read when the screen is opened, and not again within five minutes. */
export function Trends() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: ["trend"],
    queryFn: () => client.overview.get({ days: 14 }),
    staleTime: 300_000,
  });
  const { days, takenBack, rates, times } = useMemo(
    () => ({
      takenBack: data.days.reduce((sum, day) => sum + day.takenBack, 0),
      days: data.days.map(({ day }) => day),
      rates: [{ label: said.rate, tone: "good", values: data.days.map(({ successRate }) => successRate) } as const],
      times: [
        { label: said.half, tone: "info", values: data.days.map(({ p50Ms }) => p50Ms) } as const,
        { label: said.most, tone: "warn", dashed: true, values: data.days.map(({ p95Ms }) => p95Ms) } as const,
      ],
    }),
    [data, said],
  );
  if (data.days.every(({ successRate }) => successRate === null))
    return (
      <Panel title={said.trend}>
        <p className="text-muted text-sm">{said.noTrend}</p>
      </Panel>
    );
  return (
    <>
      <Panel title={said.trend}>
        <Chart label={said.trendLabel} days={days} lines={rates} format={percent} max={1} />
        {takenBack > 0 && <p className="text-muted mt-2 text-xs">{said.takenBack(takenBack)}</p>}
      </Panel>
      <Panel title={said.durations}>
        <Chart label={said.durationsLabel} days={days} lines={times} format={duration} />
      </Panel>
    </>
  );
}

/** Rounded down: 100 % means that none failed. */
function percent(value: number): string {
  return `${Math.floor(value * 100 + 1e-9)} %`;
}

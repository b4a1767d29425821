import type { PoolHealth } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useClient } from "../../data/queries.ts";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago } from "../../ui/time.tsx";
import { healthQuery } from "./queries.ts";
import { texts } from "./texts.ts";

type Verdict = "ok" | "look" | "bad";

/** Workers and lines by pool, readers of events, the last backup, and the last restore that was tried. */
export function Health() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(healthQuery(useClient()));
  const { pools, feedLag, backup, drill } = data;
  const slow = feedLag > 10_000;
  return (
    <dl className="divide-line divide-y text-sm">
      {pools.map((pool) => (
        <Line key={pool.pool} name={said.pool(pool.pool)} verdict={verdictOn(pool)}>
          <Workers pool={pool} />
        </Line>
      ))}
      <Line name={said.feed} verdict={slow ? "look" : "ok"}>
        {slow ? said.lag(feedLag) : said.upToDate}
      </Line>
      <Line name={said.backup} verdict={backup.late ? "bad" : backup.takenAt === null ? "look" : "ok"}>
        {backup.takenAt === null ? said.noBackup : <Ago at={backup.takenAt} />}
        {backup.late && `, ${said.late}`}
      </Line>
      <Line name={said.drill} verdict={drill === null ? "look" : drill.failed ? "bad" : "ok"}>
        {drill === null ? said.noDrill : <Ago at={drill.at} />}
        {drill?.failed === true && `, ${said.drillFailed}`}
      </Line>
    </dl>
  );
}

function Workers({ pool }: { pool: PoolHealth }) {
  const said = useTexts(texts);
  const { workers, draining, lost, capacity, due, oldestDueAt } = pool;
  const parts = [
    workers === 0 ? said.noWorker : said.workers(workers, capacity),
    ...(draining > 0 ? [said.draining(draining)] : []),
    ...(lost > 0 ? [said.lost(lost)] : []),
  ];
  return (
    <>
      {parts.join(", ")}
      <br />
      <span className="text-muted text-xs">
        {oldestDueAt === null ? (
          said.noLine
        ) : (
          <>
            {said.line(due)} <Ago at={oldestDueAt} />
          </>
        )}
      </span>
    </>
  );
}

function verdictOn({ workers, draining, lost, due }: PoolHealth): Verdict {
  if (workers - draining <= 0) return due > 0 ? "bad" : "look";
  return lost > 0 || draining > 0 ? "look" : "ok";
}

function Line({ name, verdict, children }: { name: string; verdict: Verdict; children: ReactNode }) {
  const said = useTexts(texts);
  const mark = {
    ok: <StateMark tone="good" shape="check" word={said.ok} />,
    look: <StateMark tone="attention" shape="question" word={said.look} />,
    bad: <StateMark tone="bad" shape="cross" word={said.bad} />,
  };
  return (
    <div className="flex flex-wrap items-start gap-x-3 px-3 py-2">
      <dt className="text-muted w-32 shrink-0">{name}</dt>
      <dd className="flex min-w-0 flex-1 items-start gap-3">
        <span className="min-w-0 flex-1">{children}</span>
        {mark[verdict]}
      </dd>
    </div>
  );
}

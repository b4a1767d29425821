import type { Digest } from "@gantry/sdk";
import type { RunSummary } from "@gantry/sdk/api";
import type { ReactNode } from "react";
import { RunLink } from "../../ui/run-link.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { Ago } from "../../ui/time.tsx";

/** Runs in a line each: where they are, what they are for, where, and since when. */
export function RunRows({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <ul className="divide-line divide-y">
      {runs.map((run) => (
        <Row key={run.id} mark={<RunState status={run.status} />} run={run.id} goal={run.goal} at={run.createdAt}>
          {run.environment}
        </Row>
      ))}
    </ul>
  );
}

export function Row({
  mark,
  run,
  toDecide,
  goal,
  at,
  children,
}: {
  mark: ReactNode;
  run: string;
  toDecide?: Digest | undefined;
  goal: string;
  at: string;
  children: ReactNode;
}) {
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-0.5 px-3 py-1.5 text-sm">
      {mark}
      <div className="min-w-40 flex-1">
        <RunLink run={run} toDecide={toDecide}>
          {goal}
        </RunLink>
      </div>
      <span className="text-muted flex flex-wrap gap-x-3 text-xs">
        <span>{children}</span>
        <Ago at={at} />
      </span>
    </li>
  );
}

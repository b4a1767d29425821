import { lazy, Suspense, type ReactNode } from "react";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, Time, useNow } from "../../ui/time.tsx";
import { RunActions } from "./actions.tsx";
import { hasFailed } from "./actions-of.ts";
import { ChangesTab } from "./changes-tab.tsx";
import { FailurePanel } from "./failure-panel.tsx";
import { useOutputTabs } from "./output/tabs.tsx";
import { useRun, useRunSearch } from "./run-data.ts";
import { RunLink } from "./run-link.tsx";
import type { RunSearch } from "./search.ts";
import { StepsTab } from "./steps-tab.tsx";
import { texts } from "./texts.ts";
import { TimelineTab } from "./timeline-tab.tsx";
import { ModelCost, useModelCosts, useThinks } from "./trace/model-costs.tsx";
import { texts as traceTexts } from "./trace/texts.ts";
import { WaitingNotice } from "./waiting-notice.tsx";

/** Most runs have none. */
const RunTrace = lazy(async () => ({ default: (await import("./trace/run-trace.tsx")).RunTrace }));

/** One run: where it is, what it waits for or why it failed, and everything that is known of it. */
export function RunScreen() {
  const run = useRun();
  const said = useTexts(texts);
  const traced = useTexts(traceTexts);
  const costs = useModelCosts(run);
  const thinks = useThinks(run);
  const [search, setSearch] = useRunSearch();
  const tabs: (Tab & { value: NonNullable<RunSearch["tab"]> })[] = [
    {
      value: "steps",
      label: said.steps,
      count: run.steps.length,
      content: (
        <Part>
          <StepsTab run={run} />
        </Part>
      ),
    },
    {
      value: "timeline",
      label: said.timeline,
      content: (
        <Part>
          <TimelineTab run={run} />
        </Part>
      ),
    },
    ...(costs === null && !thinks && search.tab !== "trace"
      ? []
      : [
          {
            value: "trace" as const,
            label: traced.trace,
            content: (
              <Part>
                <RunTrace run={run} />
              </Part>
            ),
          },
        ]),
    {
      value: "changes",
      label: said.changes,
      ...(run.changeSets.length === 0 ? {} : { count: run.changeSets.length }),
      content: (
        <Part>
          <ChangesTab run={run} />
        </Part>
      ),
    },
    ...useOutputTabs({ run: run.id, search, onSearch: setSearch }),
  ];
  const known = tabs.some(({ value }) => value === search.tab);
  return (
    <Page title={run.goal} lead={<Lead />} actions={<RunActions run={run} />} wide>
      <div className="space-y-4">
        <Relatives />
        <WaitingNotice run={run} />
        {hasFailed(run) && <FailurePanel run={run} />}
        <Tabs
          label={said.tabs}
          value={known ? (search.tab ?? "steps") : "steps"}
          onChange={(tab) => setSearch({ tab: tab as NonNullable<RunSearch["tab"]> }, { replace: false })}
          tabs={tabs}
        />
      </div>
    </Page>
  );
}

function Part({ children }: { children: ReactNode }) {
  return <Suspense fallback={<Loading />}>{children}</Suspense>;
}

function Lead() {
  const run = useRun();
  const costs = useModelCosts(run);
  const said = useTexts(texts);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <RunState status={run.status} />
      {run.dryRun && (
        <span className="bg-info-soft text-info rounded-sm px-1.5 py-0.5 text-xs font-medium">{said.dryRun}</span>
      )}
      <span className="text-text font-medium">{run.environment}</span>
      {run.project !== "default" && <span>{said.of(run.project)}</span>}
      {run.runbook !== null && <span className="font-mono text-xs">{run.runbook}</span>}
      <span>{said.by(run.requester.name)}</span>
      <Time at={run.createdAt} />
      <Took />
      {costs !== null && <ModelCost costs={costs} />}
      <span className="font-mono text-xs [overflow-wrap:anywhere]">{run.id}</span>
    </div>
  );
}

function Took() {
  const run = useRun();
  const said = useTexts(texts);
  const now = useNow(1_000);
  const from = Date.parse(run.createdAt);
  if (run.finishedAt !== null) return <span>{said.took(duration(Date.parse(run.finishedAt) - from))}</span>;
  return <span>{said.since(duration(Math.max(0, now - from)))}</span>;
}

/** Runs that it was made from, and that were made from it. */
function Relatives() {
  const { origin, parent, derived, triggeredBy } = useRun();
  const said = useTexts(texts);
  if (origin === null && parent === null && derived.length === 0 && triggeredBy === null) return null;
  return (
    <ul className="text-muted flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {parent !== null && (
        <li>
          {said.subRunOf} <RunLink run={parent.run} step={parent.step} />
        </li>
      )}
      {origin !== null && (
        <li>
          {said.madeFrom[origin.kind]} <RunLink run={origin.run} step={origin.step} />
        </li>
      )}
      {triggeredBy !== null && <li>{said.startedBy(triggeredBy.name)}</li>}
      {derived.slice(0, 5).map(({ id, kind, status }) => (
        <li key={id} className="flex items-center gap-1.5">
          {said.ledTo} {said.lead[kind]} <RunLink run={id} /> <RunState status={status} bare />
        </li>
      ))}
    </ul>
  );
}

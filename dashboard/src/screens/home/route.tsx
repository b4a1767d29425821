import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { useClient } from "../../data/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Health } from "./health.tsx";
import { Needed } from "./needed.tsx";
import { newestQuery, stopsQuery } from "./queries.ts";
import { RunningNow } from "./running-now.tsx";
import { RunRows } from "./run-rows.tsx";
import { texts } from "./texts.ts";

/** What draws charts comes once the rest is there. */
const Trends = lazy(() => import("./trends.tsx").then(({ Trends }) => ({ default: Trends })));

/** What somebody sees first: what needs them, what runs, how the platform does, and how it went lately. */
export function HomeScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title}>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Suspense>
          <Stopped />
        </Suspense>
        <div className="min-w-0 space-y-4">
          <Panel title={said.needed} flush>
            <Part>
              <Needed />
            </Part>
          </Panel>
          <Panel title={said.running} flush>
            <Part>
              <RunningNow />
            </Part>
          </Panel>
          <Panel title={said.newest} flush>
            <Part>
              <NewestRuns />
            </Part>
          </Panel>
        </div>
        <div className="min-w-0 space-y-4">
          <Panel title={said.platform} flush>
            <Part>
              <Health />
            </Part>
          </Panel>
          <Part>
            <Trends />
          </Part>
        </div>
      </div>
    </Page>
  );
}

function Part({ children }: { children: ReactNode }) {
  return <Suspense fallback={<Loading />}>{children}</Suspense>;
}

function Stopped() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(stopsQuery(useClient()));
  const [first] = data.active;
  if (first === undefined) return null;
  return (
    <div className="lg:col-span-2">
      <Notice tone="bad">
        {said.stopped} {first.actor.name}: {first.reason}
      </Notice>
    </div>
  );
}

function NewestRuns() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(newestQuery(useClient()));
  if (data.items.length === 0)
    return (
      <EmptyState title={said.none} command="npx gantry runbooks list">
        {said.noneHint}{" "}
        <Link to="/onboarding" className="text-accent underline">
          {said.firstSteps}
        </Link>
      </EmptyState>
    );
  return <RunRows runs={data.items} />;
}

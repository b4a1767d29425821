import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient } from "../../data/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { texts } from "./texts.ts";

/** What somebody sees first. */
export function HomeScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title}>
      <Panel title={said.newest} flush>
        <NewestRuns />
      </Panel>
    </Page>
  );
}

function NewestRuns() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.runs, "newest"],
    queryFn: () => client.runs.list({ limit: 10 }),
  });
  if (data.items.length === 0) return <EmptyState title={said.none} command="npx gantry runbooks list" />;
  return (
    <ul className="divide-line divide-y">
      {data.items.map((run) => (
        <li key={run.id} className="flex min-h-9 flex-wrap items-center gap-x-3 px-3 py-1.5 text-sm">
          <RunState status={run.status} />
          <span className="min-w-0 flex-1 truncate">{run.goal}</span>
          <span className="text-muted text-xs">{run.environment}</span>
          <Time at={run.createdAt} />
        </li>
      ))}
    </ul>
  );
}

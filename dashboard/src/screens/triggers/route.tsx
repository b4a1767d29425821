import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TriggerView } from "@gantry/sdk/api";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { buttonLook } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { OutcomeMark, TriggerState } from "./marks.tsx";
import { texts } from "./texts.ts";

/** Everything that starts by itself. */
export function TriggersScreen() {
  const said = useTexts(texts);
  const may = useMay("run");
  const actions = may && (
    <Link to="/compose" className={buttonLook("primary")}>
      {said.compose}
    </Link>
  );
  return (
    <Page title={said.title} lead={said.lead} actions={actions}>
      <Panel flush>
        <TriggerList />
      </Panel>
    </Page>
  );
}

function TriggerList() {
  const said = useTexts(texts);
  const client = useClient();
  const { items } = useSuspenseQuery({
    // Runs that start say that something fired.
    queryKey: [...keys.runs, "triggers"],
    queryFn: () => client.triggers.list(),
  }).data;
  if (items.length === 0)
    return (
      <EmptyState title={said.none} command={said.command}>
        {said.noneHint}
      </EmptyState>
    );
  return (
    <ul className="divide-line divide-y">
      {items.map((trigger) => (
        <TriggerLine key={trigger.id} trigger={trigger} />
      ))}
    </ul>
  );
}

function TriggerLine({ trigger }: { trigger: TriggerView }) {
  const said = useTexts(texts);
  const { id, name, project, environment, source, runbook, dueAt, latest } = trigger;
  return (
    <li className="grid gap-x-4 gap-y-1 px-3 py-2 text-sm md:grid-cols-[minmax(0,2fr)_minmax(0,2fr)_minmax(0,1fr)]">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2">
          <Link to="/triggers/$trigger" params={{ trigger: id }} className="text-accent font-medium hover:underline">
            {name}
          </Link>
          <TriggerState paused={trigger.paused !== null} />
        </div>
        <p className="text-muted truncate text-xs">{said.source(source)}</p>
      </div>
      <div className="min-w-0">
        <p className="truncate font-mono text-xs leading-5">{runbook}</p>
        <p className="text-muted text-xs">
          {project} / {environment}
        </p>
      </div>
      <div className="text-muted flex flex-wrap items-center gap-x-3 text-xs md:flex-col md:items-start">
        {source.kind === "schedule" && dueAt !== null && trigger.paused === null && (
          <span>
            {said.next} <Time at={dueAt} />
          </span>
        )}
        <span className="flex items-center gap-1">
          {said.latest}: {latest === null ? said.never : <OutcomeMark outcome={latest.outcome} />}
        </span>
      </div>
    </li>
  );
}

import type { RunSummary } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import type { DataColumn } from "../../ui/data-table/index.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, Time } from "../../ui/time.tsx";
import { texts } from "./texts.ts";

type Said = (typeof texts)["en"];

export function columnsOf(said: Said): DataColumn<RunSummary>[] {
  return [
    { id: "state", title: said.state, width: "11rem", cell: ({ status }) => <RunState status={status} /> },
    { id: "goal", title: said.goal, width: "minmax(12rem, 1fr)", cell: (run) => <Goal run={run} /> },
    {
      id: "place",
      title: said.environment,
      width: "9rem",
      cell: ({ project, environment }) => (
        <span className="block truncate">
          {project !== "default" && <span className="text-muted">{project}/</span>}
          {environment}
        </span>
      ),
    },
    {
      id: "runbook",
      title: said.runbook,
      width: "11rem",
      from: 1280,
      cell: ({ runbook }) => <span className="block truncate">{runbook ?? <Absent />}</span>,
    },
    {
      id: "requester",
      title: said.requester,
      width: "9rem",
      from: 1104,
      cell: ({ requester }) => <span className="block truncate">{requester.name}</span>,
    },
    {
      id: "created",
      title: said.created,
      width: "10.5rem",
      sort: { by: "created", first: "down" },
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
    {
      id: "finished",
      title: said.finished,
      width: "10.5rem",
      from: 1600,
      sort: { by: "finished", first: "down" },
      cell: ({ finishedAt }) => (finishedAt === null ? <Absent /> : <Time at={finishedAt} />),
    },
    { id: "took", title: said.took, width: "7rem", from: 1400, cell: (run) => <Took run={run} /> },
  ];
}

/** What it is for; on what it waits and who can end that, or why it failed, behind it. */
function Goal({ run }: { run: RunSummary }) {
  const said = useTexts(texts);
  const why = whyOf(run, said);
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <RunLink run={run} />
      {run.dryRun && <Mark>{said.dryRun}</Mark>}
      {run.parent !== null && <Mark>{said.part}</Mark>}
      {why !== null && (
        <span className="text-muted min-w-0 flex-1 truncate text-xs" title={why}>
          {why}
        </span>
      )}
    </span>
  );
}

/** A run on a phone: what it is for and where it is first. */
export function RunCard({ run }: { run: RunSummary }) {
  const said = useTexts(texts);
  return (
    <div className="min-w-0 space-y-1 pr-1">
      <div className="flex min-w-0">
        <RunLink run={run} />
      </div>
      <div className="text-muted flex min-w-0 items-center gap-x-2 text-xs">
        <RunState status={run.status} />
        {run.dryRun && <Mark>{said.dryRun}</Mark>}
        <span className="min-w-0 truncate">{run.environment}</span>
        <span className="ml-auto">
          <Time at={run.createdAt} />
        </span>
      </div>
    </div>
  );
}

function RunLink({ run: { id, goal } }: { run: RunSummary }) {
  return (
    <Link
      to="/runs/$run"
      params={{ run: id }}
      tabIndex={-1}
      title={goal}
      className="min-w-0 shrink truncate font-medium hover:underline"
    >
      {goal}
    </Link>
  );
}

function whyOf({ waiting, error, status }: RunSummary, said: Said): string | null {
  if (waiting !== null) return said.waits(waiting.detail, waiting.who);
  return status === "succeeded" || error === null ? null : error.message;
}

function Took({ run: { createdAt, finishedAt } }: { run: RunSummary }) {
  if (finishedAt === null) return <Absent />;
  return <span className="whitespace-nowrap">{duration(Date.parse(finishedAt) - Date.parse(createdAt))}</span>;
}

function Mark({ children }: { children: string }) {
  return (
    <span className="border-line text-muted text-2xs shrink-0 rounded-sm border px-1 whitespace-nowrap">
      {children}
    </span>
  );
}

function Absent() {
  return <span className="text-muted">–</span>;
}

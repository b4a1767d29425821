import type { HostTool, WorkerView } from "@gantry/sdk/api";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { ShapeIcon, StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago } from "../../ui/time.tsx";
import { ForInstallation } from "../elevation/step-up.tsx";
import { Confirm } from "./confirm.tsx";
import { texts } from "./texts.ts";

const workersKey = [...keys.queue, "workers"];

/** Workers of the last day. Heartbeats are no events: the list says when it was read, and is read again with what runs do, or on demand. */
export function Workers() {
  const said = useTexts(texts);
  const client = useClient();
  const { data, dataUpdatedAt, refetch, isFetching } = useSuspenseQuery({
    queryKey: workersKey,
    queryFn: () => client.workers.list(),
  });
  if (data.items.length === 0) return <EmptyState title={said.noWorkers} command="npx gantry up --role worker" />;
  return (
    <div className="space-y-3">
      <p className="text-muted flex flex-wrap items-center gap-3 text-xs">
        <span>
          {said.readAt} <Ago at={new Date(dataUpdatedAt).toISOString()} />
        </span>
        <Button small pending={isFetching} onClick={() => void refetch()}>
          {said.readAgain}
        </Button>
      </p>
      <Panel flush>
        <ul className="divide-line divide-y">
          {data.items.map((worker) => (
            <Worker key={worker.id} worker={worker} all={data.items} />
          ))}
        </ul>
      </Panel>
      <ForInstallation before={said.drainWho}>{null}</ForInstallation>
    </div>
  );
}

function Worker({ worker, all }: { worker: WorkerView; all: readonly WorkerView[] }) {
  const said = useTexts(texts);
  const { host, pid, pool, version, runs, capacity, beatAt, startedAt, alive, agents, tools } = worker;
  const names = (agents as { name: string }[]).map(({ name }) => name).join(", ");
  const may = useMay("admin:everywhere");
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 px-3 py-2 text-sm">
      <WorkerState worker={worker} />
      <div className="min-w-48 flex-1">
        <p className="font-medium [overflow-wrap:anywhere]">
          {host} ({pid})
        </p>
        <p className="text-muted flex flex-wrap gap-x-3 text-xs">
          <span>{said.pool(pool)}</span>
          <span>{said.hand(runs, capacity)}</span>
          <span>{said.version(version)}</span>
          {names !== "" && <span>{said.serves(names)}</span>}
          <span>
            {said.started} <Ago at={startedAt} />
          </span>
          <span>
            {said.beat} <Ago at={beatAt} />
          </span>
          <code className="font-mono">{worker.id.slice(0, 13)}</code>
        </p>
        {tools.length > 0 && (
          <ul aria-label={said.tools} className="text-muted mt-1 flex flex-wrap gap-x-3 gap-y-1 text-xs">
            {tools.map((tool) => (
              <Tool key={tool.name} tool={tool} />
            ))}
          </ul>
        )}
      </div>
      {may && alive && <Drain worker={worker} all={all} />}
    </li>
  );
}

function Tool({ tool: { name, version, problem } }: { tool: HostTool }) {
  return (
    <li className="inline-flex items-baseline gap-1 [overflow-wrap:anywhere]">
      <ShapeIcon shape={problem === null ? "check" : "ring"} />
      {name}: {problem ?? version}
    </li>
  );
}

function WorkerState({ worker: { state, alive } }: { worker: WorkerView }) {
  const { worker: words } = useTexts(texts);
  // One that says it works and no longer beats is lost: its runs go to others.
  if (!alive && (state === "active" || state === "draining"))
    return <StateMark tone="bad" shape="question" word={words.lost} />;
  const looks = {
    active: <StateMark tone="good" shape="play" word={words.active} />,
    draining: <StateMark tone="attention" shape="pause" word={words.draining} />,
    stopped: <StateMark tone="idle" shape="stop" word={words.stopped} />,
    dead: <StateMark tone="bad" shape="cross" word={words.dead} />,
  };
  return looks[state];
}

/** Workers serve all organizations, so telling them what to do takes somebody who acts for the installation. */
function Drain({ worker, all }: { worker: WorkerView; all: readonly WorkerView[] }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { id, host, pid, pool, state, drainedAt } = worker;
  const drained = state === "draining";
  const change = useMutation({
    mutationFn: () => (drained ? client.workers.resume(id) : client.workers.drain(id)),
    onSuccess: () => {
      setAsking(false);
      return queries.invalidateQueries({ queryKey: workersKey });
    },
  });
  if (drained && drainedAt === null) return null;
  const alone = !all.some((other) => other.id !== id && other.pool === pool && other.alive && other.state === "active");
  const action = drained ? said.resume : said.drain;
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        {action}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={drained ? said.resumeTitle : said.drainTitle}
        action={action}
        mutation={change}
        onConfirm={() => change.mutate()}
        command={`npx gantry workers ${drained ? "resume" : "drain"} ${id}`}
      >
        <p className="font-medium [overflow-wrap:anywhere]">
          {host} ({pid})
        </p>
        <p>{drained ? said.resumeSays : said.drainSays}</p>
        {!drained && alone && <Notice tone="warn">{said.drainAlone(pool)}</Notice>}
      </Confirm>
    </>
  );
}

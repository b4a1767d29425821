import type { WorkerView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago } from "../../ui/time.tsx";
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
    </div>
  );
}

function Worker({ worker, all }: { worker: WorkerView; all: readonly WorkerView[] }) {
  const said = useTexts(texts);
  const { host, pid, pool, version, runs, capacity, beatAt, startedAt, alive, agents } = worker;
  const names = (agents as { name: string }[]).map(({ name }) => name).join(", ");
  const may = useMay("admin");
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
      </div>
      {may && alive && <HowToDrain worker={worker} all={all} />}
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

/** Workers serve all organizations, so who tells them what to do needs a key of the installation's host: the command line has it. */
function HowToDrain({ worker, all }: { worker: WorkerView; all: readonly WorkerView[] }) {
  const said = useTexts(texts);
  const { id, pool, state, drainedAt } = worker;
  if (state === "draining" && drainedAt === null) return null;
  const drained = state === "draining";
  const alone = !all.some((other) => other.id !== id && other.pool === pool && other.alive && other.state === "active");
  return (
    <details className="w-full text-xs">
      <summary className="text-muted hover:text-text w-fit py-1">{drained ? said.resume : said.drain}</summary>
      <div className="mt-1 space-y-2">
        {!drained && <p>{said.drainSays}</p>}
        {!drained && alone && <Notice tone="warn">{said.drainAlone(pool)}</Notice>}
        <Command label={said.hostKey}>{`npx gantry workers ${drained ? "resume" : "drain"} ${id}`}</Command>
      </div>
    </details>
  );
}

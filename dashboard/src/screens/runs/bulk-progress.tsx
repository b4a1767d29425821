import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "@tanstack/react-router";
import { keys, useClient } from "../../data/queries.ts";
import { Command } from "../../ui/command.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

const looks = {
  pending: ["idle", "hourglass"],
  ok: ["good", "check"],
  refused: ["bad", "cross"],
} as const satisfies Record<string, readonly [Tone, Shape]>;

/** What became of a bulk action, run by run. */
export function BulkProgress({ bulk, onClose }: { bulk: string; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const answered = useRef<number>(undefined);
  // A refusal changes nothing in a run and so is no event. The server waits for it, and answers when there is more to tell than was seen.
  const { data, error, dataUpdatedAt, refetch } = useQuery({
    queryKey: [...keys.settings, "bulk", bulk],
    queryFn: async ({ signal }) => {
      const beyond = answered.current === undefined ? {} : { beyond: answered.current };
      const view = await client.bulkActions.get(bulk, beyond, { signal });
      const { items } = await client.bulkActions.items(bulk, { limit: 50 }, { signal });
      answered.current = view.progress.ok + view.progress.refused;
      return { view, items: items.toSorted((a, b) => rank[a.result] - rank[b.result]) };
    },
    throwOnError: false,
  });
  const running = data?.view.status === "running";
  useEffect(() => {
    if (running) void refetch();
  }, [running, dataUpdatedAt, refetch]);
  return (
    <Dialog open onClose={onClose} title={said.progressTitle} wide>
      {error !== null && <ErrorNotice error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <div className="space-y-3">
          <div role="status">
            <p className="font-semibold">{said.frozen(said.commands[data.view.command.action], data.view.count)}</p>
            <p>
              {said.progress(data.view.progress.ok, data.view.progress.refused, data.view.progress.pending)}
              <span className="text-muted"> · {said.progressState[data.view.status]}</span>
            </p>
          </div>
          <ul className="border-line divide-line divide-y rounded-md border">
            {data.items.map(({ run, goal, environment, result, error: why }) => (
              <li key={run} className="flex min-w-0 flex-wrap items-center gap-x-2 px-2 py-1.5">
                <StateMark tone={looks[result][0]} shape={looks[result][1]} word={said.results[result]} />
                <Link to="/runs/$run" params={{ run }} className="min-w-0 flex-1 truncate hover:underline" title={goal}>
                  {goal}
                </Link>
                <span className="text-muted text-xs">{environment}</span>
                {why !== null && <p className="text-muted w-full text-xs">{why.message}</p>}
              </li>
            ))}
          </ul>
          {data.view.count > data.items.length && (
            <p className="text-muted text-xs">{said.firstItems(data.items.length)}</p>
          )}
          <Command>{`npx gantry runs bulk ${bulk}`}</Command>
        </div>
      )}
    </Dialog>
  );
}

const rank = { refused: 0, pending: 1, ok: 2 } as const;

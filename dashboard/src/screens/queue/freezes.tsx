import type { FreezeView } from "@gantry/sdk/api";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Time } from "../../ui/time.tsx";
import { AddFreeze } from "./add-freeze.tsx";
import { Confirm } from "./confirm.tsx";
import { texts } from "./texts.ts";

/** Times in which nothing that changes anything starts: those that are open or to come. */
export function Freezes() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({ queryKey: [...keys.queue, "freezes"], queryFn: () => client.freezes.list() });
  const may = useMay("admin");
  return (
    <Panel title={said.freezes} flush actions={may && <AddFreeze />}>
      {data.items.length === 0 ? (
        <EmptyState
          title={said.noFreezes}
          command='npx gantry freeze add --reason "Weekend" --cron "0 18 * * 5" --for 62h'
        />
      ) : (
        <ul className="divide-line divide-y">
          {data.items.map((freeze) => (
            <Freeze key={freeze.id} freeze={freeze} may={may} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Freeze({ freeze, may }: { freeze: FreezeView; may: boolean }) {
  const said = useTexts(texts);
  const { project, environment, reason, actor, times, window } = freeze;
  const where =
    project === null ? said.everywhere : environment === null ? said.project(project) : `${project} / ${environment}`;
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 px-3 py-2 text-sm">
      <StateMark
        tone={window?.open === true ? "info" : "idle"}
        shape={window?.open === true ? "flake" : "hourglass"}
        word={window === null ? said.over : window.open ? said.frozen : said.next}
      />
      <div className="min-w-48 flex-1">
        <p className="font-medium [overflow-wrap:anywhere]">
          {where}: {reason}
        </p>
        <p className="text-muted flex flex-wrap gap-x-3 text-xs">
          {window !== null && (
            <span>
              <Time at={window.from} /> – {window.until === null ? said.open : <Time at={window.until} />}
            </span>
          )}
          {times.kind === "recurring" && <span>{said.recurring(times.cron, times.timeZone)}</span>}
          <span>{said.by(actor.name)}</span>
        </p>
      </div>
      {may && <EndFreeze freeze={freeze} where={where} />}
    </li>
  );
}

function EndFreeze({ freeze: { id, reason }, where }: { freeze: FreezeView; where: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const end = useMutation({
    mutationFn: () => client.freezes.end(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...keys.queue] }),
  });
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        {said.end}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={said.endTitle}
        action={said.end}
        mutation={end}
        onConfirm={() => end.mutate()}
        command={`npx gantry freeze end ${id}`}
      >
        <p className="font-medium">
          {where}: {reason}
        </p>
        <p>{said.endSays}</p>
      </Confirm>
    </>
  );
}

import type { QueueItem } from "@gantry/sdk/api";
import { RunLink } from "../../ui/run-link.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago, Time } from "../../ui/time.tsx";
import { texts } from "./texts.ts";

/** One run: where it is and since when, and the steps that run, its place in line, or what it waits for and who can end that. */
export function LiveRun({ item }: { item: QueueItem }) {
  const said = useTexts(texts);
  const { id, status, goal, project, environment, requester, priority, since, steps } = item;
  return (
    <li className="flex flex-col gap-1 px-3 py-2 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <RunState status={status} />
        <div className="min-w-40 flex-1">
          <RunLink run={id}>{goal}</RunLink>
        </div>
        <Ago at={since} />
      </div>
      <p className="text-muted flex flex-wrap gap-x-3 text-xs">
        <span>
          {project} / {environment}
        </span>
        <span>{requester.name}</span>
        {priority !== 0 && <span>{said.priority(priority)}</span>}
        <code className="font-mono">{id.slice(0, 13)}</code>
      </p>
      {steps.map(({ key, title, attempt, host, since: begun }) => (
        <p key={key} className="text-xs">
          <span className="font-medium">{title}</span> · {said.attempt(attempt, host)} · <Ago at={begun} />
        </p>
      ))}
      {steps.length === 0 && <Why item={item} />}
    </li>
  );
}

function Why({ item: { group, place, pool, waiting, holder } }: { item: QueueItem }) {
  const said = useTexts(texts);
  if (group === "in_line")
    return <p className="text-xs">{place === null ? said.noPlace(pool) : said.inLine(place, pool)}</p>;
  if (waiting === null) return null;
  const { on, detail, until, who } = waiting;
  const named = on !== "approval" && on !== "child" && on !== "time";
  return (
    <p className="text-xs">
      {said.waits(said.on[on])}
      {named && `: ${detail}`}
      {until !== null && (
        <>
          {" "}
          {said.until} <Time at={new Date(until).toISOString()} />
        </>
      )}
      {who !== "" && on !== "time" && <> · {said.canEnd(who)}</>}
      {holder !== null && (
        <>
          {" "}
          · <RunLink run={holder}>{said.holder}</RunLink>
        </>
      )}
    </p>
  );
}

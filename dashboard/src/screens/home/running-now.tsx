import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useClient } from "../../data/queries.ts";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { runningQuery } from "./queries.ts";
import { Row } from "./run-rows.tsx";
import { texts } from "./texts.ts";

/** What workers have in hand, the oldest first, with the steps that run. */
export function RunningNow() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(runningQuery(useClient()));
  return (
    <>
      {data.items.length === 0 ? (
        <p className="text-muted px-3 py-3 text-sm">{said.nothingRuns}</p>
      ) : (
        <ul className="divide-line divide-y">
          {data.items.map(({ id, status, goal, since, steps, environment }) => (
            <Row key={id} mark={<RunState status={status} />} run={id} goal={goal} at={since}>
              {[environment, ...steps.map(({ title }) => title)].join(" · ")}
            </Row>
          ))}
        </ul>
      )}
      <p className="border-line border-t px-3 py-2 text-sm">
        <Link to="/queue" className="text-accent hover:underline">
          {said.more}
        </Link>
      </p>
    </>
  );
}

import { useSuspenseQuery } from "@tanstack/react-query";
import { useClient } from "../../data/queries.ts";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { neededQuery } from "./queries.ts";
import { Row } from "./run-rows.tsx";
import { texts } from "./texts.ts";

/** What only this person, or some person, can bring on: approvals of theirs, outcomes that nobody knows, and what failed last. */
export function Needed() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(neededQuery(useClient()));
  const { approvals, unclear, failed } = data;
  if (approvals.length + unclear.items.length + failed.items.length === 0)
    return <p className="text-muted px-3 py-3 text-sm">{said.nothingNeeded}</p>;
  return (
    <ul className="divide-line divide-y">
      {approvals.map(({ hash, run, goal, environment, createdAt }) => (
        <Row
          key={hash}
          mark={<StateMark tone="attention" shape="diamond" word={said.approve} />}
          run={run}
          toDecide={hash}
          goal={goal}
          at={createdAt}
        >
          {environment}
        </Row>
      ))}
      {unclear.items.map(({ id, goal, environment, since }) => (
        <Row
          key={id}
          mark={<StateMark tone="attention" shape="question" word={said.attention} />}
          run={id}
          goal={goal}
          at={since}
        >
          {environment}
        </Row>
      ))}
      {failed.items.map(({ id, goal, environment, finishedAt, updatedAt, error }) => (
        <Row
          key={id}
          mark={<StateMark tone="bad" shape="cross" word={said.failed} />}
          run={id}
          goal={goal}
          at={finishedAt ?? updatedAt}
        >
          {error === null ? environment : `${environment} · ${error.message.slice(0, 120)}`}
        </Row>
      ))}
    </ul>
  );
}

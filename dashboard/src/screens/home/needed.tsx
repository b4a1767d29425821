import { useSuspenseQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useClient } from "../../data/queries.ts";
import { Loading } from "../../ui/loading.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { neededQuery } from "./queries.ts";
import { Row } from "./run-rows.tsx";
import { texts } from "./texts.ts";

/** Forms are loaded where something is asked. */
const QuestionList = lazy(() =>
  import("../questions/list.tsx").then(({ QuestionList }) => ({ default: QuestionList })),
);

/** What only this person, or some person, can bring on: approvals of theirs, questions of runs, outcomes that nobody knows, and what failed last. */
export function Needed() {
  const said = useTexts(texts);
  const { data } = useSuspenseQuery(neededQuery(useClient()));
  const { approvals, questions, unclear, failed } = data;
  if (approvals.length + questions.length + unclear.length + failed.length === 0)
    return <p className="text-muted px-3 py-3 text-sm">{said.nothingNeeded}</p>;
  const rest = approvals.length + unclear.length + failed.length > 0 && (
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
      {unclear.map(({ id, goal, environment, since }) => (
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
      {failed.map(({ id, goal, environment, finishedAt, updatedAt, error }) => (
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
  return (
    <div className="divide-line divide-y">
      {questions.length > 0 && (
        <Suspense fallback={<Loading />}>
          <QuestionList items={questions} />
        </Suspense>
      )}
      {rest}
    </div>
  );
}

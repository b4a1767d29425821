import { Link } from "@tanstack/react-router";
import type { RunDetail } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { lazy, Suspense, useState } from "react";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago, Time } from "../../ui/time.tsx";
import { SignalDialog } from "./signal-dialog.tsx";
import { texts } from "./texts.ts";

/** Forms are loaded where something is asked. */
const QuestionList = lazy(() =>
  import("../questions/list.tsx").then(({ QuestionList }) => ({ default: QuestionList })),
);

/** On what it waits, since when, until when, and who can end that. */
export function WaitingNotice({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const [signal, setSignal] = useState(false);
  const { waiting } = run;
  // A call that is under way may ask, too.
  if (waiting === null) return run.status === "running" ? <Questions run={run.id} /> : null;
  const { on, detail, until, who, since } = waiting;
  // Only a question has an end.
  if (on === "person" && until !== null) return <Questions run={run.id} />;
  return (
    <Notice tone={on === "kill_switch" ? "bad" : on === "freeze" ? "info" : "warn"}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-64">
          <span className="font-medium">
            {said.waitsFor} {said.waits[on]}
          </span>
          {detail !== "" && on !== "approval" && <span>: {detail}</span>}
          <span className="block text-xs">
            {said.waitSince} <Ago at={since === undefined ? run.updatedAt : new Date(since).toISOString()} />
            {" · "}
            {until === null ? (
              said.noEnd
            ) : (
              <>
                {said.waitUntil} <Time at={new Date(until).toISOString()} />
              </>
            )}
            {who !== "" && ` · ${said.whoEnds(who)}`}
          </span>
        </p>
        {on === "approval" && (
          <Link to="/approvals/$run" params={{ run: run.id }} className={buttonLook("primary")}>
            {said.lookAtChange}
          </Link>
        )}
        {on === "signal" && mayRun && <Button onClick={() => setSignal(true)}>{said.sendSignal}</Button>}
      </div>
      {signal && <SignalDialog run={run.id} name={detail} onClose={() => setSignal(false)} />}
    </Notice>
  );
}

function Questions({ run }: { run: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const { data, error } = useQuery({
    queryKey: [...keys.run(run), "questions"],
    queryFn: () => client.questions.list({ run }),
  });
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel title={said.asksPeople} flush>
      <Suspense>
        <QuestionList items={data.items} />
      </Suspense>
    </Panel>
  );
}

import { Link } from "@tanstack/react-router";
import type { RunDetail } from "@gantry/sdk/api";
import { useMay } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { useState } from "react";
import { Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago, Time } from "../../ui/time.tsx";
import { SignalDialog } from "./signal-dialog.tsx";
import { texts } from "./texts.ts";

/** On what it waits, since when, until when, and who can end that. */
export function WaitingNotice({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const [signal, setSignal] = useState(false);
  const { waiting } = run;
  if (waiting === null) return null;
  const { on, detail, until, who, since } = waiting;
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

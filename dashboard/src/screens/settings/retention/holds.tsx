import type { HoldView } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Runs that are kept whatever the rules say. */
export function Holds() {
  const said = useTexts(texts);
  const client = useClient();
  const holds = useList("holds", (api) => api.holds.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  return (
    <Panel
      title={said.holds}
      flush
      actions={
        admin && (
          <Button small onClick={() => open("hold")}>
            {said.addHold}
          </Button>
        )
      }
    >
      <p className="text-muted border-line border-b px-3 py-2 text-sm">{said.holdsLead}</p>
      {holds.length === 0 ? (
        <EmptyState title={said.noHolds} />
      ) : (
        <Rows
          label={said.run}
          rows={holds}
          idOf={({ run }) => run}
          nameOf={({ run, goal }) => (
            <Link to="/runs/$run" params={{ run }} className="text-accent hover:underline">
              {goal}
            </Link>
          )}
          columns={[
            { title: said.why, cell: ({ reason }) => reason },
            { title: said.own, cell: ({ actor }) => actor.name, phone: false },
            { title: said.since, cell: ({ at }) => <Time at={at} />, phone: false },
            ...(admin
              ? [
                  {
                    title: said.release,
                    cell: ({ run, goal }: HoldView) => (
                      <ConfirmButton
                        small
                        label={said.release}
                        title={said.releaseQuestion}
                        command={commandLine(["hold", "remove", run])}
                        work={() => client.holds.remove(run)}
                      >
                        <p className="font-medium">{goal}</p>
                        {said.releaseText}
                      </ConfirmButton>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {admin && show === "hold" && <HoldPanel onClose={close} />}
    </Panel>
  );
}

function HoldPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [run, setRun] = useState("");
  const [reason, setReason] = useState("");
  const hold = useChange(() => client.holds.put(run.trim(), reason), onClose);
  return (
    <FormPanel
      title={said.addHold}
      submit={said.hold}
      change={hold}
      onSubmit={() => hold.run()}
      onClose={onClose}
      command={commandLine(["hold", "add", run || "…"], { reason: reason || "…" })}
    >
      <TextField
        label={said.runId}
        hint={said.runIdHint}
        required
        className="font-mono"
        value={run}
        error={errorAt(hold.error, "run")}
        onChange={(event) => setRun(event.target.value)}
      />
      <TextField
        label={said.why}
        required
        maxLength={1_000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormPanel>
  );
}

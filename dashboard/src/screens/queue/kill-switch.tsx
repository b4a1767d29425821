import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Ago } from "../../ui/time.tsx";
import { Confirm } from "./confirm.tsx";
import { texts } from "./texts.ts";

/** Whether work is stopped, by whom and why; on and off for the organization. */
export function KillSwitch() {
  const said = useTexts(texts);
  const client = useClient();
  const { data } = useSuspenseQuery({ queryKey: [...keys.queue, "stops"], queryFn: () => client.killSwitch.get() });
  const may = useMay("admin");
  const ours = data.active.some(({ scope }) => scope === "organization");
  return (
    <Panel title={said.killSwitch} actions={may && <Switch on={ours} />}>
      {data.active.length === 0 ? (
        <p className="text-sm">{said.off}</p>
      ) : (
        <ul className="space-y-2">
          {data.active.map(({ scope, reason, actor, since }) => (
            <li key={scope} className="flex flex-wrap items-center gap-x-3 text-sm">
              <StateMark tone="bad" shape="stop" word={said.on_} />
              <span>{said.scopes[scope]}</span>
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{reason}</span>
              <span className="text-muted text-xs">
                {said.by(actor.name)} · <Ago at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Switch({ on }: { on: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const done = async (): Promise<void> => {
    setAsking(false);
    setReason("");
    await Promise.all(
      [keys.queue, keys.overview].map((queryKey) => queries.invalidateQueries({ queryKey: [...queryKey] })),
    );
  };
  const change = useMutation({
    mutationFn: () => (on ? client.killSwitch.lift() : client.killSwitch.set({ reason })),
    onSuccess: done,
  });
  return (
    <>
      <Button small kind={on ? "plain" : "danger"} onClick={() => setAsking(true)}>
        {on ? said.lift : said.stop}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={on ? said.liftTitle : said.stopTitle}
        action={on ? said.lift : said.stop}
        mutation={change}
        ready={on || reason.trim() !== ""}
        onConfirm={() => change.mutate()}
        command={on ? "npx gantry kill-switch off" : "npx gantry kill-switch on --reason …"}
      >
        <p>{on ? said.liftSays : said.stopSays}</p>
        {!on && (
          <TextField
            label={said.reason}
            value={reason}
            maxLength={1_000}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
      </Confirm>
    </>
  );
}

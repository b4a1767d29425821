import type { Json } from "@gantry/sdk";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { jsonOr } from "./json-text.ts";
import { useCommand } from "./run-data.ts";
import { texts } from "./texts.ts";

/** Says what became of a step whose outcome nobody could find out. */
export function SettleDialog({ run, step, onClose }: { run: string; step: string; onClose(): void }) {
  const said = useTexts(texts);
  const [typed, setTyped] = useState("");
  const output = jsonOr(typed);
  const send = useCommand(run, (client, body: { outcome: "done" | "not_done"; output: Json }) =>
    client.runs.settle(run, { step, ...body }),
  );
  const settle = (outcome: "done" | "not_done") => () =>
    send.mutate({ outcome, output: outcome === "done" ? (output ?? null) : null }, { onSuccess: onClose });
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.settleTitle(step)}
      footer={
        <>
          <Button pending={send.isPending} onClick={settle("not_done")}>
            {said.settleNotDone}
          </Button>
          <Button kind="primary" pending={send.isPending} disabled={output === undefined} onClick={settle("done")}>
            {said.settleDone}
          </Button>
        </>
      }
    >
      <div className="space-y-3">
        <Notice tone="warn">{said.settleWhat}</Notice>
        <TextArea
          label={said.settleOutput}
          hint={said.settleOutputHint}
          error={output === undefined ? said.badJson : null}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="font-mono"
        />
        {send.error && <ErrorNotice error={send.error} />}
      </div>
    </Dialog>
  );
}

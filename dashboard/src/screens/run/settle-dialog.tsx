import type { Json } from "@gantry/sdk";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { JsonDialog } from "./json-dialog.tsx";
import { useCommand } from "./run-data.ts";
import { texts } from "./texts.ts";

/** Says what became of a step whose outcome nobody could find out. */
export function SettleDialog({ run, step, onClose }: { run: string; step: string; onClose(): void }) {
  const said = useTexts(texts);
  const send = useCommand(run, (client, body: { outcome: "done" | "not_done"; output: Json }) =>
    client.runs.settle(run, { step, ...body }),
  );
  const settle = (outcome: "done" | "not_done", output: Json): void =>
    send.mutate({ outcome, output }, { onSuccess: onClose });
  return (
    <JsonDialog
      title={said.settleTitle(step)}
      label={said.settleOutput}
      hint={said.settleOutputHint}
      error={send.error}
      onClose={onClose}
      buttons={(output) => (
        <>
          <Button pending={send.isPending} onClick={() => settle("not_done", null)}>
            {said.settleNotDone}
          </Button>
          <Button
            kind="primary"
            pending={send.isPending}
            disabled={output === undefined}
            onClick={() => settle("done", output ?? null)}
          >
            {said.settleDone}
          </Button>
        </>
      )}
    >
      <Notice tone="warn">{said.settleWhat}</Notice>
    </JsonDialog>
  );
}

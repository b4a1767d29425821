import type { Json } from "@gantry/sdk";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { jsonOr } from "./json-text.ts";
import { useCommand } from "./run-data.ts";
import { texts } from "./texts.ts";

export function SignalDialog({ run, name, onClose }: { run: string; name: string; onClose(): void }) {
  const said = useTexts(texts);
  const [typed, setTyped] = useState("");
  const payload = jsonOr(typed);
  const send = useCommand(run, (client, value: Json) => client.runs.signal(run, { name, payload: value }));
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${said.sendSignal}: ${name}`}
      footer={
        <Button
          kind="primary"
          pending={send.isPending}
          disabled={payload === undefined}
          onClick={() => send.mutate(payload ?? null, { onSuccess: onClose })}
        >
          {said.sendSignal}
        </Button>
      }
    >
      <div className="space-y-3">
        <TextArea
          label={said.payload}
          hint={said.payloadHint}
          error={payload === undefined ? said.badJson : null}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          className="font-mono"
        />
        {send.error && <ErrorNotice error={send.error} />}
      </div>
    </Dialog>
  );
}

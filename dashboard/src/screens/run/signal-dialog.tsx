import type { Json } from "@gantry/sdk";
import { Button } from "../../ui/button.tsx";
import { useTexts } from "../../ui/texts.ts";
import { JsonDialog } from "./json-dialog.tsx";
import { useCommand } from "./run-data.ts";
import { texts } from "./texts.ts";

export function SignalDialog({ run, name, onClose }: { run: string; name: string; onClose(): void }) {
  const said = useTexts(texts);
  const send = useCommand(run, (client, payload: Json) => client.runs.signal(run, { name, payload }));
  return (
    <JsonDialog
      title={`${said.sendSignal}: ${name}`}
      label={said.payload}
      hint={said.payloadHint}
      error={send.error}
      onClose={onClose}
      buttons={(payload) => (
        <Button
          kind="primary"
          pending={send.isPending}
          disabled={payload === undefined}
          onClick={() => send.mutate(payload ?? null, { onSuccess: onClose })}
        >
          {said.sendSignal}
        </Button>
      )}
    />
  );
}

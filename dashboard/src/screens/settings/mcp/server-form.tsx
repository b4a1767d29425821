import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PairsField, recordOf, type Pair } from "../parts/pairs-field.tsx";
import { texts } from "./texts.ts";

/** A server that has an address. A program runs on the installation's hosts, so whoever may add one is at the command line there. */
export function ServerForm({ onClose, onAdded }: { onClose(): void; onAdded(name: string): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [pairs, setPairs] = useState<Pair[]>([]);
  const secrets = recordOf(pairs);
  const put = useChange(
    () => client.mcpServers.put(name, { transport: "http", url, secrets }),
    (added) => onAdded(added.name),
  );
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={put}
      onSubmit={() => put.run()}
      onClose={onClose}
      command={commandLine(["mcp", "add", name || "tracker"], {
        address: url || "https://tracker.example.com/mcp",
        secret: Object.entries(secrets).map(([use, secret]) => `${use}=${secret}`),
      })}
    >
      <TextField
        label={said.name}
        hint={said.nameHint}
        required
        value={name}
        error={errorAt(put.error, "server")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={said.address}
        hint={said.addressHint}
        required
        type="url"
        value={url}
        error={errorAt(put.error, "url")}
        onChange={(event) => setUrl(event.target.value)}
      />
      <PairsField
        legend={said.secrets}
        hint={said.secretsHint}
        keyLabel={said.use}
        valueLabel={said.secret}
        value={pairs}
        onChange={setPairs}
      />
    </FormPanel>
  );
}

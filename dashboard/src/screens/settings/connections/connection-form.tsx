import type { ConnectionView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { PairsField, pairsOf, recordOf, type Pair } from "../parts/pairs-field.tsx";
import { PlaceField } from "../parts/place-field.tsx";
import { placeText, readPlace } from "../parts/place.ts";
import { ConnectionTrial } from "./connection-trial.tsx";
import { texts } from "./texts.ts";

/** A new connection, or one that is there: to change, try out and remove. */
export function ConnectionForm({ connection, onClose }: { connection: ConnectionView | null; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState(connection?.name ?? "");
  const [kind, setKind] = useState(connection?.kind ?? "");
  const [place, setPlace] = useState(connection === null ? "" : placeText(connection));
  const [settings, setSettings] = useState<Pair[]>(connection === null ? [["url", ""]] : pairsOf(connection.settings));
  const [secrets, setSecrets] = useState<Pair[]>(connection === null ? [] : pairsOf(connection.secrets));
  const at = readPlace(place);
  const body = { kind, settings: recordOf(settings), secrets: recordOf(secrets) };
  const put = useChange(() => client.connections.put(name, body, at), onClose);
  const options = { project: at.project, e: at.environment };
  return (
    <FormPanel
      title={connection?.name ?? said.add}
      submit={connection === null ? said.create : said.save}
      change={put}
      onSubmit={() => put.run()}
      onClose={onClose}
      command={commandLine(["connection", "add", name || "hub"], {
        kind: kind || "registry",
        set: Object.entries(body.settings).map(([key, value]) => `${key}=${value}`),
        secret: Object.entries(body.secrets).map(([use, secret]) => `${use}=${secret}`),
        ...options,
      })}
    >
      {connection === null ? (
        <>
          <TextField
            label={said.name}
            hint={said.nameHint}
            required
            value={name}
            error={errorAt(put.error, "connection")}
            onChange={(event) => setName(event.target.value)}
          />
          <PlaceField value={place} onChange={setPlace} />
        </>
      ) : (
        <ConnectionTrial connection={connection} />
      )}
      <TextField
        label={said.kind}
        hint={said.kindHint}
        required
        value={kind}
        error={errorAt(put.error, "kind")}
        onChange={(event) => setKind(event.target.value)}
      />
      <PairsField
        legend={said.settings}
        hint={said.settingsHint}
        keyLabel={said.setting}
        valueLabel={said.value}
        value={settings}
        onChange={setSettings}
      />
      <PairsField
        legend={said.secrets}
        hint={said.secretsHint}
        keyLabel={said.use}
        valueLabel={said.secret}
        value={secrets}
        onChange={setSecrets}
      />
      {connection !== null && (
        <ConfirmButton
          label={said.remove}
          title={said.removeQuestion(connection.name)}
          command={commandLine(["connection", "remove", connection.name], options)}
          work={() => client.connections.remove(connection.name, at)}
          done={onClose}
        >
          {said.removeText}
        </ConfirmButton>
      )}
    </FormPanel>
  );
}

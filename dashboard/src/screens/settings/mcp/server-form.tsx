import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { CheckField, SelectField, TextArea, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PairsField } from "../parts/pairs-field.tsx";
import { commandOf, emptyDraft, setupOf, type Draft } from "./server-draft.ts";
import { texts } from "./texts.ts";

interface Part {
  draft: Draft;
  error: Error | null;
  change(part: Partial<Draft>): void;
}

/** A server that has an address, or a program on the installation's hosts for those who may run one there. */
export function ServerForm({ onClose, onAdded }: { onClose(): void; onAdded(name: string): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const everywhere = useMay("admin:everywhere");
  const [draft, setDraft] = useState(emptyDraft);
  const put = useChange(
    () => client.mcpServers.put(draft.name, setupOf(draft)),
    (added) => onAdded(added.name),
  );
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const shared = { draft, change, error: put.error };
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={put}
      onSubmit={() => put.run()}
      onClose={onClose}
      command={commandOf(draft)}
    >
      <TextField
        label={said.name}
        hint={said.nameHint}
        required
        value={draft.name}
        error={errorAt(put.error, "server")}
        onChange={(event) => change({ name: event.target.value })}
      />
      {everywhere && (
        <SelectField
          label={said.kind}
          value={draft.kind}
          onChange={(event) => change({ kind: event.target.value as Draft["kind"] })}
          options={(["address", "program"] as const).map((value) => ({ value, label: said.kinds[value] }))}
        />
      )}
      {draft.kind === "program" ? <ProgramFields {...shared} /> : <AddressFields {...shared} />}
    </FormPanel>
  );
}

function AddressFields({ draft, change, error }: Part) {
  const said = useTexts(texts);
  return (
    <>
      <TextField
        label={said.address}
        hint={said.addressHint}
        required
        type="url"
        value={draft.url}
        error={errorAt(error, "url")}
        onChange={(event) => change({ url: event.target.value })}
      />
      <SelectField
        label={said.known}
        hint={said.knownHints[draft.known]}
        value={draft.known}
        onChange={(event) => change({ known: event.target.value as Draft["known"] })}
        options={(["headers", "person", "program"] as const).map((value) => ({ value, label: said.knowns[value] }))}
      />
      {draft.known === "headers" ? (
        <PairsField
          legend={said.secrets}
          hint={said.secretsHint}
          keyLabel={said.use}
          valueLabel={said.secret}
          value={draft.pairs}
          onChange={(pairs) => change({ pairs })}
        />
      ) : (
        (["issuer", "client", "secret", "scope"] as const).map((part) => (
          <TextField
            key={part}
            label={said.oauth[part]}
            hint={said.oauthHints[part]}
            required={draft.known === "program" && part !== "scope"}
            value={draft[part]}
            error={errorAt(error, `oauth.${part}`)}
            onChange={(event) => change({ [part]: event.target.value })}
          />
        ))
      )}
    </>
  );
}

function ProgramFields({ draft, change, error }: Part) {
  const said = useTexts(texts);
  return (
    <>
      <TextField
        label={said.program}
        hint={said.programHint}
        required
        value={draft.command}
        error={errorAt(error, "command")}
        onChange={(event) => change({ command: event.target.value })}
      />
      <TextArea
        label={said.args}
        hint={said.argsHint}
        value={draft.args}
        onChange={(event) => change({ args: event.target.value })}
      />
      <PairsField
        legend={said.variables}
        keyLabel={said.variable}
        valueLabel={said.value}
        value={draft.env}
        onChange={(env) => change({ env })}
      />
      <PairsField
        legend={said.secrets}
        hint={said.programSecretsHint}
        keyLabel={said.variableOfSecret}
        valueLabel={said.secret}
        value={draft.pairs}
        onChange={(pairs) => change({ pairs })}
      />
      <CheckField
        label={said.mayNetwork}
        checked={draft.network}
        onChange={(event) => change({ network: event.target.checked })}
      />
    </>
  );
}

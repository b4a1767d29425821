import type { EnvironmentView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { texts } from "./texts.ts";

type Protection = EnvironmentView["protection"];

export function CreateEnvironmentPanel({ project, onClose }: { project: string; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState("");
  const [protection, setProtection] = useState<Protection>("guarded");
  const [pool, setPool] = useState("default");
  const create = useChange(() => client.environments.create({ project, name, protection, pool }), onClose);
  return (
    <FormPanel
      title={said.addEnvironment}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["environment", "create", name || "staging"], { project, protection, pool })}
    >
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(create.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <Kept protection={protection} onProtection={setProtection} pool={pool} onPool={setPool} error={create.error} />
    </FormPanel>
  );
}

export function EditEnvironmentPanel({ environment, onClose }: { environment: EnvironmentView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { project, name } = environment;
  const [protection, setProtection] = useState<Protection>(environment.protection);
  const [pool, setPool] = useState(environment.pool);
  const save = useChange(() => client.environments.edit(project, name, { protection, pool }), onClose);
  return (
    <FormPanel
      title={`${project} / ${name}`}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["environment", "edit", name], { project, protection, pool })}
    >
      <Kept protection={protection} onProtection={setProtection} pool={pool} onPool={setPool} error={save.error} />
      <ConfirmButton
        label={said.remove}
        title={said.removeEnvironment(`${project}/${name}`)}
        typed={name}
        command={commandLine(["environment", "remove", name], { project })}
        work={() => client.environments.remove(project, name)}
        done={onClose}
      >
        {said.removeEnvironmentText}
      </ConfirmButton>
    </FormPanel>
  );
}

function Kept({
  protection,
  onProtection,
  pool,
  onPool,
  error,
}: {
  protection: Protection;
  onProtection(protection: Protection): void;
  pool: string;
  onPool(pool: string): void;
  error: Error | null;
}) {
  const said = useTexts(texts);
  return (
    <>
      <SelectField
        label={said.protection}
        hint={said.protectionWords[protection]}
        value={protection}
        options={(["open", "guarded", "strict"] as const).map((value) => ({ value, label: said.protections[value] }))}
        onChange={(event) => onProtection(event.target.value as Protection)}
      />
      <TextField
        label={said.pool}
        hint={said.poolHint}
        required
        value={pool}
        error={errorAt(error, "pool")}
        onChange={(event) => onPool(event.target.value)}
      />
    </>
  );
}

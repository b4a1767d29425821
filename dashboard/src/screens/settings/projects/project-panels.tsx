import type { ProjectView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { texts } from "./texts.ts";

export function CreateProjectPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState("");
  const create = useChange(() => client.projects.create({ name }), onClose);
  return (
    <FormPanel
      title={said.addProject}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["project", "create", name || "shop"])}
    >
      <NameField value={name} onChange={setName} error={create.error} />
    </FormPanel>
  );
}

/** Its name, and its end. */
export function ProjectPanel({ project: { name: before }, onClose }: { project: ProjectView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState(before);
  const rename = useChange(() => client.projects.rename(before, name), onClose);
  return (
    <FormPanel
      title={said.renameTitle(before)}
      submit={said.rename}
      change={rename}
      onSubmit={() => rename.run()}
      onClose={onClose}
      command={commandLine(["project", "rename", before, name])}
    >
      <NameField value={name} onChange={setName} error={rename.error} />
      <ConfirmButton
        label={said.remove}
        title={said.removeProject(before)}
        typed={before}
        command={commandLine(["project", "remove", before])}
        work={() => client.projects.remove(before)}
        done={onClose}
      >
        {said.removeProjectText}
      </ConfirmButton>
    </FormPanel>
  );
}

function NameField({ value, onChange, error }: { value: string; onChange(value: string): void; error: Error | null }) {
  return (
    <TextField
      label={useTexts(texts).name}
      required
      value={value}
      error={errorAt(error, "name")}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

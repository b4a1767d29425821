import type { TeamView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Teams and who belongs to them. */
export function TeamsSection() {
  const said = useTexts(texts);
  const teams = useList("teams", (client) => client.teams.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = teams.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={teams}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      searched={({ name, description, members }) => [name, description, ...members.map((one) => one.name)].join(" ")}
      columns={[
        { title: said.members, cell: ({ members }) => members.length },
        { title: said.what, cell: ({ description }) => description, phone: false },
      ]}
      empty={{ title: said.empty, command: commandLine(["team", "create", "payments"]) }}
      command={commandLine(["team", "list"])}
    >
      {show === "new" && <CreatePanel onClose={close} />}
      {shown !== undefined &&
        (admin ? (
          <TeamPanel key={shown.id} team={shown} onClose={close} />
        ) : (
          <SidePanel title={shown.name} onClose={close}>
            <PanelBody>
              <Members team={shown} />
            </PanelBody>
          </SidePanel>
        ))}
    </ListSection>
  );
}

function CreatePanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useChange(() => client.teams.create({ name, description }), onClose);
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["team", "create", name || "payments"], { description })}
    >
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(create.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField label={said.what} value={description} onChange={(event) => setDescription(event.target.value)} />
    </FormPanel>
  );
}

function TeamPanel({ team, onClose }: { team: TeamView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [description, setDescription] = useState(team.description);
  const save = useChange(() => client.teams.edit(team.name, { description }), onClose);
  return (
    <FormPanel
      title={team.name}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["team", "edit", team.name], { description })}
    >
      <Members team={team} edit />
      <TextField label={said.what} value={description} onChange={(event) => setDescription(event.target.value)} />
      <ConfirmButton
        label={said.delete}
        title={said.deleteQuestion(team.name)}
        command={commandLine(["team", "delete", team.name])}
        work={() => client.teams.remove(team.name)}
        done={onClose}
      >
        {said.deleteText}
      </ConfirmButton>
    </FormPanel>
  );
}

function Members({ team, edit = false }: { team: TeamView; edit?: boolean }) {
  const said = useTexts(texts);
  const client = useClient();
  const actors = useList("actors", (api) => api.actors.list());
  const add = useChange((actor: string) => client.teams.addMember(team.name, actor));
  const remove = useChange((actor: string) => client.teams.removeMember(team.name, actor));
  const others = actors.filter(
    ({ id, disabledAt }) => disabledAt === null && !team.members.some((one) => one.id === id),
  );
  const error = add.error ?? remove.error;
  return (
    <section aria-label={said.members} className="space-y-2">
      <h3 className="text-sm font-medium">{said.members}</h3>
      {team.members.length === 0 && <p className="text-muted">{said.none}</p>}
      <ul className="space-y-1">
        {team.members.map(({ id, name }) => (
          <li key={id} className="flex min-h-8 items-center gap-2">
            <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{name}</span>
            {edit && (
              <Button small pending={remove.pending} aria-label={said.removeLabel(name)} onClick={() => remove.run(id)}>
                {said.remove}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {edit && others.length > 0 && (
        <SelectField
          label={said.addMember}
          value=""
          disabled={add.pending}
          options={[{ value: "", label: said.choose }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(event) => event.target.value !== "" && add.run(event.target.value)}
        />
      )}
      {error !== null && <ErrorNotice error={error} />}
    </section>
  );
}

import type { ActorView } from "@gantry/sdk/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useClient, useMay, useMe } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { ActorState } from "../parts/actor-state.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { namesIn } from "../parts/names.ts";
import { PlaceWord } from "../parts/place-field.tsx";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Members of the organization: their groups, teams and roles, and whether they may come in. */
export function PeopleSection() {
  const said = useTexts(texts);
  const people = useList("actors", ({ actors }) => actors.list()).filter(({ kind }) => kind === "user");
  const { show, close } = useShown();
  const navigate = useNavigate();
  const admin = useMay("admin");
  const me = useMe();
  const shown = people.find(({ id }) => id === show);
  const [receipt, setReceipt] = useState<string | null>(null);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={
        admin && {
          label: said.invite,
          onPress: () =>
            void navigate({ to: "/settings/$section", params: { section: "invitations" }, search: { show: "new" } }),
        }
      }
      label={said.label}
      rows={people}
      idOf={({ id }) => id}
      nameOf={({ id, name }) => (id === me.actor.id ? `${name} (${said.you})` : name)}
      searched={({ name, groups, teams }) => [name, ...groups, ...teams].join(" ")}
      columns={[
        { title: said.groups, cell: ({ groups }) => groups.join(", "), phone: false },
        { title: said.teams, cell: ({ teams }) => teams.join(", "), phone: false },
        { title: said.since, cell: ({ createdAt }) => <Time at={createdAt} />, phone: false },
        { title: said.state, cell: (one) => <ActorState actor={one} /> },
      ]}
      empty={{ title: said.title, command: commandLine(["person", "invite", "operator@example.com"]) }}
      command={commandLine(["actor", "list"])}
    >
      {shown !== undefined &&
        (admin ? (
          <EditPanel
            key={shown.id}
            actor={shown}
            onClose={close}
            onErased={(token) => {
              close();
              setReceipt(token);
            }}
          />
        ) : (
          <SidePanel title={shown.name} onClose={close}>
            <PanelBody>
              <ActorFacts actor={shown} />
            </PanelBody>
          </SidePanel>
        ))}
      <ShownOnce title={said.receipt} warning={said.receiptWarning} value={receipt} onClose={() => setReceipt(null)} />
    </ListSection>
  );
}

function EditPanel({
  actor,
  onClose,
  onErased,
}: {
  actor: ActorView;
  onClose(): void;
  onErased(receipt: string): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const [name, setName] = useState(actor.name);
  const [groups, setGroups] = useState(actor.groups.join(", "));
  const save = useChange(() => client.actors.edit(actor.id, { name, groups: namesIn(groups) }), onClose);
  const enable = useChange(() => client.actors.enable(actor.id));
  return (
    <FormPanel
      title={actor.name}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["actor", "edit", actor.name], {
        name: name === actor.name ? null : name,
        group: namesIn(groups),
        "no-groups": namesIn(groups).length === 0,
      })}
    >
      <ActorFacts actor={actor} />
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(save.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={said.groupsField}
        hint={said.groupsHint}
        value={groups}
        error={errorAt(save.error, "groups.0")}
        onChange={(event) => setGroups(event.target.value)}
      />
      {actor.disabledAt !== null ? (
        <>
          <Button pending={enable.pending} onClick={() => enable.run()}>
            {said.enable}
          </Button>
          {enable.error !== null && <ErrorNotice error={enable.error} />}
        </>
      ) : (
        actor.id !== me.actor.id && (
          <ConfirmButton
            label={said.disable}
            title={said.disableQuestion(actor.name)}
            command={commandLine(["actor", "disable", actor.name])}
            work={() => client.actors.disable(actor.id)}
          >
            {said.disableText}
          </ConfirmButton>
        )
      )}
      {actor.id !== me.actor.id && (
        <ConfirmButton
          label={said.erase}
          title={said.eraseQuestion(actor.name)}
          typed={actor.name}
          why
          command={(reason) => commandLine(["person", "erase", actor.name], { confirm: actor.name, reason })}
          work={(reason) => client.people.eraseActor(actor.id, { confirm: actor.name, reason })}
          done={({ receipt }) => onErased(receipt)}
        >
          {said.eraseText}
        </ConfirmButton>
      )}
    </FormPanel>
  );
}

function ActorFacts({ actor }: { actor: ActorView }) {
  const said = useTexts(texts);
  const roles = useList(["roles", actor.id], (client) => client.roles.list({ actor: actor.id }));
  return (
    <Facts
      items={[
        [said.state, <ActorState key="state" actor={actor} />],
        [
          said.roles,
          roles.length === 0 ? (
            said.noRoles
          ) : (
            <ul key="roles">
              {roles.map(({ id, role, team, project, environment }) => (
                <li key={id}>
                  {role} · <PlaceWord of={{ project, environment }} />
                  {team !== null && <span className="text-muted"> {said.by(team.name)}</span>}
                </li>
              ))}
            </ul>
          ),
        ],
        [said.teams, actor.teams.join(", ") || said.none],
        [said.groups, actor.groups.join(", ") || said.none],
        [said.since, <Time key="since" at={actor.createdAt} />],
        [
          said.id,
          <code key="id" className="font-mono text-xs">
            {actor.id}
          </code>,
        ],
      ]}
    />
  );
}

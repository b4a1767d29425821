import type { Role, RoleBindingView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField, PlaceWord } from "../parts/place-field.tsx";
import { placeText, readPlace } from "../parts/place.ts";
import { roleOptions, roleWords } from "../parts/roles.ts";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

const dayMs = 86_400_000;

/** Who has which role where, until when. */
export function RolesSection() {
  const said = useTexts(texts);
  const bindings = useList("roles", (client) => client.roles.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = bindings.find(({ id }) => id === show);
  const whoOf = ({ actor, team }: RoleBindingView): string => actor?.name ?? said.team(team?.name ?? "");
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={bindings}
      idOf={({ id }) => id}
      nameOf={whoOf}
      searched={(one) => [whoOf(one), one.role, placeText(one)].join(" ")}
      columns={[
        { title: said.role, cell: ({ role }) => role },
        { title: said.where, cell: (one) => <PlaceWord of={one} /> },
        {
          title: said.until,
          cell: ({ expiresAt }) => (expiresAt === null ? said.always : <Time at={expiresAt} />),
          phone: false,
        },
      ]}
      empty={{ title: said.empty, command: commandLine(["role", "grant", "operator"], { actor: "deploy-bot" }) }}
      command={commandLine(["role", "list"])}
    >
      {show === "new" && <GrantPanel onClose={close} />}
      {shown !== undefined && <BindingPanel binding={shown} who={whoOf(shown)} may={admin} onClose={close} />}
    </ListSection>
  );
}

function BindingPanel({
  binding,
  who,
  may,
  onClose,
}: {
  binding: RoleBindingView;
  who: string;
  may: boolean;
  onClose(): void;
}) {
  const said = useTexts(texts);
  const words = useTexts(roleWords);
  const client = useClient();
  const { id, role, expiresAt, grantedBy, createdAt } = binding;
  return (
    <SidePanel title={`${who}: ${role}`} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.means, words[role]],
            [said.where, <PlaceWord key="where" of={binding} />],
            [said.until, expiresAt === null ? said.always : <Time key="until" at={expiresAt} />],
            [said.by, grantedBy?.name ?? said.gantry],
            [said.since, <Time key="since" at={createdAt} />],
          ]}
        />
      </PanelBody>
      {may && (
        <PanelFoot>
          <ConfirmButton
            label={said.revoke}
            title={said.revokeQuestion(who, role)}
            command={commandLine(["role", "revoke", id])}
            work={() => client.roles.revoke(id)}
            done={onClose}
          >
            {said.revokeText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function GrantPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const words = useTexts(roleWords);
  const client = useClient();
  const actors = useList("actors", (api) => api.actors.list());
  const teams = useList("teams", (api) => api.teams.list());
  const [who, setWho] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [place, setPlace] = useState("");
  const [days, setDays] = useState("");
  const team = who.startsWith("team:") ? who.slice(5) : undefined;
  const actor = team === undefined && who !== "" ? who : undefined;
  const grant = useChange(
    () =>
      client.roles.grant({
        role,
        ...(team === undefined ? {} : { team }),
        ...(actor === undefined ? {} : { actor }),
        ...readPlace(place),
        expiresAt: days === "" ? null : new Date(Date.now() + Number(days) * dayMs).toISOString(),
      }),
    onClose,
  );
  const { project, environment } = readPlace(place);
  return (
    <FormPanel
      title={said.add}
      submit={said.give}
      change={grant}
      onSubmit={() => grant.run()}
      onClose={onClose}
      command={commandLine(["role", "grant", role], {
        actor: actors.find(({ id }) => id === actor)?.name,
        team,
        project,
        e: environment,
        expires: days === "" ? null : `${days}d`,
      })}
    >
      <SelectField
        label={said.who}
        required
        value={who}
        onChange={(event) => setWho(event.target.value)}
        options={[
          { value: "", label: said.choose },
          ...actors.filter(({ disabledAt }) => disabledAt === null).map(({ id, name }) => ({ value: id, label: name })),
          ...teams.map(({ name }) => ({ value: `team:${name}`, label: said.team(name) })),
        ]}
      />
      <SelectField
        label={said.role}
        value={role}
        hint={words[role]}
        options={roleOptions(words)}
        onChange={(event) => setRole(event.target.value as Role)}
      />
      <PlaceField value={place} onChange={setPlace} />
      <TextField
        label={said.days}
        hint={said.daysHint}
        type="number"
        min={1}
        value={days}
        onChange={(event) => setDays(event.target.value)}
      />
    </FormPanel>
  );
}

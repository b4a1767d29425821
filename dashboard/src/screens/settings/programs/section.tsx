import type { RoleName, ServiceAccountView } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { buttonLook } from "../../../ui/button.tsx";
import { TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { ActorState } from "../parts/actor-state.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { Checks } from "../parts/checks.tsx";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { namesIn } from "../parts/names.ts";
import { roleOptions, roleWords } from "../parts/roles.ts";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Accounts of programs. */
export function ProgramsSection() {
  const said = useTexts(texts);
  const accounts = useList("service-accounts", (client) => client.serviceAccounts.list());
  const { show, open, close } = useShown();
  const shown = accounts.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={{ label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={accounts}
      idOf={({ id }) => id}
      nameOf={({ name }) => name}
      searched={({ name, groups }) => [name, ...groups].join(" ")}
      columns={[
        { title: said.keys, cell: ({ keys }) => keys },
        { title: said.groups, cell: ({ groups }) => groups.join(", "), phone: false },
        { title: said.since, cell: ({ createdAt }) => <Time at={createdAt} />, phone: false },
        { title: said.state, cell: (one) => <ActorState actor={one} /> },
      ]}
      empty={{
        title: said.empty,
        command: commandLine(["service-account", "create", "deploy-bot"], { role: "operator" }),
      }}
      command={commandLine(["service-account", "list"])}
    >
      {show === "new" && <CreatePanel onClose={close} />}
      {shown !== undefined && <AccountPanel account={shown} onClose={close} />}
    </ListSection>
  );
}

function AccountPanel({ account, onClose }: { account: ServiceAccountView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { id, name, groups, keys, createdAt, disabledAt } = account;
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <ActorState key="state" actor={account} />],
            [said.keys, keys],
            [said.groups, groups.join(", ") || said.none],
            [said.since, <Time key="since" at={createdAt} />],
          ]}
        />
      </PanelBody>
      {disabledAt === null && (
        <PanelFoot>
          <ConfirmButton
            label={said.disable}
            title={said.disableQuestion(name)}
            command={commandLine(["service-account", "disable", name])}
            work={() => client.serviceAccounts.disable(id)}
          >
            {said.disableText}
          </ConfirmButton>
          <Link
            to="/settings/$section"
            params={{ section: "keys" }}
            search={{ show: "new", actor: id }}
            className={buttonLook("primary")}
          >
            {said.newKey}
          </Link>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function CreatePanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const words = useTexts(roleWords);
  const client = useClient();
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<RoleName[]>(["viewer"]);
  const [groups, setGroups] = useState("");
  const create = useChange(() => client.serviceAccounts.create({ name, roles, groups: namesIn(groups) }), onClose);
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["service-account", "create", name || "deploy-bot"], {
        role: roles,
        group: namesIn(groups),
      })}
    >
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(create.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <Checks legend={said.roles} options={roleOptions(words)} value={roles} onChange={setRoles} />
      <TextField
        label={said.groupsField}
        hint={said.groupsHint}
        value={groups}
        error={errorAt(create.error, "groups.0")}
        onChange={(event) => setGroups(event.target.value)}
      />
    </FormPanel>
  );
}

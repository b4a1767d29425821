import type { InvitationView, RoleName } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
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
import { ShownOnce } from "../parts/shown-once.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

type Sent = InvitationView & { link: string | null };
const looks: Record<InvitationView["state"], readonly [Tone, Shape]> = {
  open: ["active", "hourglass"],
  accepted: ["good", "check"],
  revoked: ["idle", "stop"],
  expired: ["idle", "dash"],
};

/** Letting people join. Where no mail server is set, the link is shown to whoever invites, once. */
export function InvitationsSection() {
  const said = useTexts(texts);
  const invitations = useList("invitations", (client) => client.invitations.list());
  const { show, open, close } = useShown();
  const [sent, setSent] = useState<Sent | null>(null);
  const onSent = (one: Sent): void => {
    setSent(one);
    close();
  };
  const shown = invitations.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={{ label: said.add, onPress: () => open("new") }}
      filter={sent !== null && sent.link === null && <Notice tone="good">{said.mailed(sent.email ?? "")}</Notice>}
      label={said.label}
      rows={invitations}
      idOf={({ id }) => id}
      nameOf={({ email }) => email ?? said.anybody}
      searched={({ email, roles, groups, state }) => [email ?? "", state, ...roles, ...groups].join(" ")}
      columns={[
        { title: said.roles, cell: ({ roles }) => roles.join(", "), phone: false },
        { title: said.until, cell: ({ expiresAt }) => <Time at={expiresAt} />, phone: false },
        { title: said.state, cell: ({ state }) => <State state={state} /> },
      ]}
      empty={{
        title: said.empty,
        command: commandLine(["person", "invite", "operator@example.com"], { role: "operator" }),
      }}
      command={commandLine(["person", "invitations"])}
    >
      {show === "new" && <InvitePanel onClose={close} onSent={onSent} />}
      {shown !== undefined && <InvitationPanel key={shown.id} invitation={shown} onClose={close} onSent={onSent} />}
      <ShownOnce title={said.link} warning={said.warning} value={sent?.link ?? null} onClose={() => setSent(null)} />
    </ListSection>
  );
}

function InvitePanel({ onClose, onSent }: { onClose(): void; onSent(sent: Sent): void }) {
  const said = useTexts(texts);
  const words = useTexts(roleWords);
  const client = useClient();
  const [email, setEmail] = useState("");
  const [roles, setRoles] = useState<RoleName[]>(["viewer"]);
  const [groups, setGroups] = useState("");
  const [teams, setTeams] = useState<string[]>([]);
  const [hours, setHours] = useState("72");
  const known = useList("teams", (api) => api.teams.list());
  const body = { email, roles, groups: namesIn(groups), teams, hours: Number(hours) };
  const invite = useChange(() => client.invitations.create(body), onSent);
  return (
    <FormPanel
      title={said.add}
      submit={said.send}
      change={invite}
      onSubmit={() => invite.run()}
      onClose={onClose}
      command={commandLine(["person", "invite", email || "operator@example.com"], {
        role: roles,
        group: body.groups,
        team: teams,
        expires: hours === "72" ? null : `${hours}h`,
      })}
    >
      <TextField
        label={said.email}
        type="email"
        required
        value={email}
        error={errorAt(invite.error, "email")}
        onChange={(event) => setEmail(event.target.value)}
      />
      <Checks legend={said.roles} options={roleOptions(words)} value={roles} onChange={setRoles} />
      {known.length > 0 && (
        <Checks
          legend={said.teams}
          options={known.map(({ name }) => ({ value: name, label: name }))}
          value={teams}
          onChange={setTeams}
        />
      )}
      <TextField
        label={said.groupsField}
        hint={said.namesHint}
        value={groups}
        error={errorAt(invite.error, "groups.0")}
        onChange={(event) => setGroups(event.target.value)}
      />
      <TextField
        label={said.hours}
        type="number"
        min={1}
        max={720}
        required
        value={hours}
        onChange={(event) => setHours(event.target.value)}
      />
    </FormPanel>
  );
}

function InvitationPanel({
  invitation,
  onClose,
  onSent,
}: {
  invitation: InvitationView;
  onClose(): void;
  onSent(sent: Sent): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const resend = useChange(() => client.invitations.resend(invitation.id), onSent);
  const name = invitation.email ?? said.anybody;
  return (
    <SidePanel title={name} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <State key="state" state={invitation.state} />],
            [said.roles, invitation.roles.join(", ") || said.none],
            [said.groups, invitation.groups.join(", ") || said.none],
            [said.teams, invitation.teams.join(", ") || said.none],
            [said.sent, <Time key="sent" at={invitation.createdAt} />],
            [said.until, <Time key="until" at={invitation.expiresAt} />],
          ]}
        />
        {resend.error !== null && <ErrorNotice error={resend.error} />}
      </PanelBody>
      {invitation.state === "open" && (
        <PanelFoot>
          <ConfirmButton
            label={said.revoke}
            title={said.revokeQuestion(name)}
            command={commandLine(["person", "uninvite", invitation.id])}
            work={() => client.invitations.revoke(invitation.id)}
          >
            {said.revokeText}
          </ConfirmButton>
          <Button kind="primary" pending={resend.pending} onClick={() => resend.run()}>
            {said.resend}
          </Button>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function State({ state }: { state: InvitationView["state"] }) {
  const [tone, shape] = looks[state];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).states[state]} />;
}

import type { DelegationView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay, useMe } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time, useNow } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

const dayMs = 86_400_000;

/** Rights to approve that are lent: one's own, and everybody's to see. */
export function DelegationsSection() {
  const said = useTexts(texts);
  const all = useList("delegations", (client) => client.delegations.list());
  const { show, open, close } = useShown();
  const may = useMay("approve");
  const shown = all.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={may && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={all}
      idOf={({ id }) => id}
      nameOf={({ from, to }) => said.named(from.name, to.name)}
      searched={({ from, to, group, reason }) => [from.name, to.name, group, reason].join(" ")}
      columns={[
        { title: said.group, cell: ({ group }) => group, phone: false },
        { title: said.until, cell: ({ until }) => <Time at={until} />, phone: false },
        { title: said.state, cell: (one) => <State of={one} /> },
      ]}
      empty={{ title: said.empty }}
      command={commandLine(["approval", "delegations"])}
    >
      {may && show === "new" && <LendPanel onClose={close} />}
      {shown !== undefined && <DelegationPanel of={shown} onClose={close} />}
    </ListSection>
  );
}

function State({ of: { holds, revokedAt, until } }: { of: DelegationView }) {
  const said = useTexts(texts);
  const now = useNow(60_000);
  if (holds) return <StateMark tone="good" shape="check" word={said.holds} />;
  if (revokedAt !== null) return <StateMark tone="idle" shape="stop" word={said.revoked} />;
  if (Date.parse(until) <= now) return <StateMark tone="idle" shape="stop" word={said.over} />;
  return <StateMark tone="attention" shape="question" word={said.void} />;
}

function LendPanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const { groups } = me.actor;
  const people = useList("actors", ({ actors }) => actors.list()).filter(
    ({ id, kind, disabledAt }) => kind === "user" && disabledAt === null && id !== me.actor.id,
  );
  const [group, setGroup] = useState(groups[0] ?? "");
  const [to, setTo] = useState("");
  const [days, setDays] = useState("7");
  const [reason, setReason] = useState("");
  const lend = useChange(() => {
    const until = new Date(Date.now() + Number(days) * dayMs).toISOString();
    return client.delegations.create({ group, to, until, reason });
  }, onClose);
  const name = people.find(({ id }) => id === to)?.name ?? "…";
  return (
    <FormPanel
      title={said.add}
      submit={said.lend}
      change={lend}
      onSubmit={() => lend.run()}
      onClose={onClose}
      command={commandLine(["approval", "delegate"], { group: group || "…", to: name, for: `${days}d`, reason })}
    >
      {groups.length === 0 && <Notice tone="warn">{said.noGroups}</Notice>}
      <SelectField
        label={said.groupField}
        hint={said.groupHint}
        required
        value={group}
        options={groups.map((one) => ({ value: one, label: one }))}
        onChange={(event) => setGroup(event.target.value)}
      />
      <SelectField
        label={said.to}
        required
        value={to}
        options={[{ value: "", label: said.choose }, ...people.map((one) => ({ value: one.id, label: one.name }))]}
        onChange={(event) => setTo(event.target.value)}
      />
      <TextField
        label={said.days}
        type="number"
        required
        min={1}
        max={365}
        value={days}
        error={errorAt(lend.error, "until")}
        onChange={(event) => setDays(event.target.value)}
      />
      <TextField
        label={said.why}
        hint={said.whyHint}
        required
        maxLength={1_000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormPanel>
  );
}

function DelegationPanel({ of, onClose }: { of: DelegationView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const admin = useMay("admin");
  const { id, group, from, to, reason, createdAt, until, holds } = of;
  const own = [from.id, to.id].includes(me.actor.id);
  const may = useMay("approve") && (own || admin);
  return (
    <SidePanel title={said.named(from.name, to.name)} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <State key="state" of={of} />],
            [said.group, group],
            [said.why, reason],
            [said.since, <Time key="since" at={createdAt} />],
            [said.until, <Time key="until" at={until} />],
          ]}
        />
      </PanelBody>
      {may && holds && (
        <PanelFoot>
          <ConfirmButton
            label={said.revoke}
            title={said.revokeQuestion(to.name)}
            command={commandLine(["approval", "revoke", id])}
            work={() => client.delegations.revoke(id)}
            done={onClose}
          >
            {said.revokeText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

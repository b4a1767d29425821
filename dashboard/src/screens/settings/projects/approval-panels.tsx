import type { ApprovalDefaults, ApprovalSettings, EnvironmentView } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { keys, useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { SidePanel } from "../parts/side-panel.tsx";
import { texts } from "./texts.ts";

type At = Pick<EnvironmentView, "project" | "name">;
type Escalation = NonNullable<ApprovalDefaults["escalation"]>;

/** What approvals need in one environment, or, without one, wherever an environment says nothing itself. */
export function ApprovalPanel({ at, onClose }: { at: At | null; onClose(): void }) {
  const said = useTexts(texts);
  return (
    <Suspense
      fallback={
        <SidePanel title={said.approvals} onClose={onClose}>
          <Loading />
        </SidePanel>
      }
    >
      {at === null ? <OfOrganization onClose={onClose} /> : <OfEnvironment at={at} onClose={onClose} />}
    </Suspense>
  );
}

function OfOrganization({ onClose }: { onClose(): void }) {
  const client = useClient();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "approvals"],
    queryFn: () => client.approvals.defaults(),
  });
  return <ApprovalForm at={null} before={{ ...data, inherits: [] }} onClose={onClose} />;
}

function OfEnvironment({ at, onClose }: { at: At; onClose(): void }) {
  const client = useClient();
  const place = { project: at.project, environment: at.name };
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "approvals", at.project, at.name],
    queryFn: () => client.approvals.settings(place),
  });
  return <ApprovalForm at={at} before={data} onClose={onClose} />;
}

type Choice = "default" | "yes" | "no";
type Before = ApprovalDefaults & Pick<ApprovalSettings, "inherits">;

function ApprovalForm({ at, before, onClose }: { at: At | null; before: Before; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [mfa, setMfa] = useState<Choice>(before.inherits.includes("mfa") ? "default" : before.mfa ? "yes" : "no");
  const [escalates, setEscalates] = useState<Choice>(
    before.inherits.includes("escalation") ? "default" : before.escalation === null ? "no" : "yes",
  );
  const [minutes, setMinutes] = useState(String(before.escalation?.afterMinutes ?? 60));
  const [group, setGroup] = useState(before.escalation?.group ?? "");
  const [needs, setNeeds] = useState<Choice>(
    before.inherits.includes("approvers") ? "default" : before.approvers === null ? "no" : "yes",
  );
  const [approversOf, setApproversOf] = useState(before.approvers?.group ?? "approvers");
  const [count, setCount] = useState(String(before.approvers?.count ?? 1));
  const approvers = needs === "yes" ? { group: approversOf.trim(), count: Number(count) } : null;
  const escalation: Escalation | null =
    escalates === "yes" ? { afterMinutes: Number(minutes), group: group.trim() } : null;
  const save = useChange(
    async () =>
      at === null
        ? client.approvals.setDefaults({ mfa: mfa === "yes", escalation, approvers })
        : client.approvals.configure({
            project: at.project,
            environment: at.name,
            mfa: mfa === "default" ? mfa : mfa === "yes",
            escalation: escalates === "default" ? escalates : escalation,
            approvers: needs === "default" ? needs : approvers,
          }),
    ({ warnings }) => {
      if (warnings.length === 0) onClose();
    },
  );
  const choices = (words: Record<Choice, string>) =>
    (at === null ? (["yes", "no"] as const) : (["default", "yes", "no"] as const)).map((value) => ({
      value,
      label: words[value],
    }));
  const flags = {
    mfa: mfa === "yes",
    "no-mfa": mfa === "no",
    "escalate-to": escalation === null ? null : escalation.group || "…",
    after: escalation === null ? null : `${minutes}m`,
    "no-escalate": escalates === "no",
    approvers: approvers === null ? null : `${approvers.group || "…"}:${count}`,
    "no-approvers": needs === "no",
    inherit: [mfa, escalates, needs].includes("default"),
  };
  return (
    <FormPanel
      title={at === null ? said.approvalDefaults : said.approvalsOf(`${at.project} / ${at.name}`)}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={
        at === null
          ? commandLine(["approval", "defaults"], flags)
          : commandLine(["approval", "settings", at.name], { project: at.project, ...flags })
      }
    >
      {(save.result ?? before).warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
      <p>
        {said.whoApproves}{" "}
        <Link to="/settings/$section" params={{ section: "policies" }} className="text-accent underline">
          {said.policies}
        </Link>
        . {at === null && said.approvalDefaultsSay}
      </p>
      <SelectField
        label={said.approvers}
        hint={said.approversHint}
        value={needs}
        options={choices(said.approversChoices)}
        onChange={(event) => setNeeds(event.target.value as Choice)}
      />
      {needs === "yes" && (
        <>
          <TextField
            label={said.approversGroup}
            required
            maxLength={63}
            value={approversOf}
            error={errorAt(save.error, "approvers.group")}
            onChange={(event) => setApproversOf(event.target.value)}
          />
          <TextField
            label={said.approversCount}
            type="number"
            required
            min={1}
            max={99}
            value={count}
            error={errorAt(save.error, "approvers.count")}
            onChange={(event) => setCount(event.target.value)}
          />
        </>
      )}
      <SelectField
        label={said.mfa}
        hint={said.mfaHint}
        value={mfa}
        options={choices(said.mfaChoices)}
        onChange={(event) => setMfa(event.target.value as Choice)}
      />
      <SelectField
        label={said.escalation}
        hint={said.escalationHint}
        value={escalates}
        options={choices(said.escalationChoices)}
        onChange={(event) => setEscalates(event.target.value as Choice)}
      />
      {escalates === "yes" && (
        <>
          <TextField
            label={said.escalationGroup}
            required
            maxLength={200}
            value={group}
            error={errorAt(save.error, "escalation.group")}
            onChange={(event) => setGroup(event.target.value)}
          />
          <TextField
            label={said.escalationMinutes}
            type="number"
            required
            min={1}
            max={43_200}
            value={minutes}
            error={errorAt(save.error, "escalation.afterMinutes")}
            onChange={(event) => setMinutes(event.target.value)}
          />
        </>
      )}
    </FormPanel>
  );
}

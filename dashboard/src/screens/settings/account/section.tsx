import type { SessionView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMe } from "../../../data/queries.ts";
import { Button, buttonLook } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { TextField } from "../../../ui/field.tsx";
import { ErrorNotice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago, Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Who the caller is, and where they are signed in. */
export function AccountSection() {
  const said = useTexts(texts);
  const me = useMe();
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <Panel title={said.you}>
          <Facts
            items={[
              [said.facts.name, me.actor.name],
              [said.facts.organization, me.organization.name],
              [said.facts.groups, me.actor.groups.join(", ") || said.none],
              [said.facts.scopes, me.scopes.join(", ")],
              [
                said.facts.proof,
                me.credential.mfaAt === null ? said.never : <Time key="proof" at={me.credential.mfaAt} />,
              ],
            ]}
          />
        </Panel>
        <Sessions />
        <div className="grid gap-4 sm:grid-cols-2">
          <Panel title={said.account}>
            <p className="text-muted mb-3 text-sm">{said.accountText}</p>
            <a href="/account" className={buttonLook()}>
              {said.accountLink}
            </a>
          </Panel>
          <Panel title={said.exportTitle}>
            <p className="text-muted mb-3 text-sm">{said.exportText}</p>
            <ExportMine />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function ExportMine() {
  const said = useTexts(texts);
  const client = useClient();
  const save = useChange(async () => saveFile("me.ndjson", await client.people.exportMine()));
  return (
    <div className="space-y-2">
      <Button pending={save.pending} onClick={() => save.run()}>
        {said.exportLink}
      </Button>
      {save.error !== null && <ErrorNotice error={save.error} />}
    </div>
  );
}

function Sessions() {
  const said = useTexts(texts);
  const client = useClient();
  const sessions = useList("sessions", ({ sessions: own }) => own.list());
  const { show, open, close } = useShown();
  const shown = sessions.find(({ id }) => id === show);
  return (
    <Panel
      title={said.sessions}
      flush
      actions={
        sessions.length > 1 && (
          <ConfirmButton
            small
            label={said.others}
            title={said.othersQuestion}
            command={commandLine(["session", "revoke-others"])}
            work={() => client.sessions.revokeOthers()}
          >
            {said.othersText}
          </ConfirmButton>
        )
      }
    >
      {sessions.length === 0 ? (
        <EmptyState title={said.noSessions} command="npx gantry login" />
      ) : (
        <Rows
          label={said.device}
          rows={sessions}
          idOf={({ id }) => id}
          nameOf={(one) => nameOf(one, said.unnamed)}
          onOpen={({ id }) => open(id)}
          columns={[
            {
              title: said.lastUsed,
              cell: (one) =>
                one.current ? <StateMark tone="good" shape="check" word={said.here} /> : <Ago at={one.lastUsedAt} />,
            },
            { title: said.address, cell: ({ address }) => address ?? "", phone: false },
            { title: said.since, cell: ({ createdAt }) => <Time at={createdAt} />, phone: false },
          ]}
        />
      )}
      <div className="border-line border-t p-3">
        <Twin>{commandLine(["session", "list"])}</Twin>
      </div>
      {shown !== undefined && <SessionPanel key={shown.id} session={shown} onClose={close} />}
    </Panel>
  );
}

function SessionPanel({ session, onClose }: { session: SessionView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState(session.name ?? "");
  const rename = useChange(() => client.sessions.rename(session.id, name), onClose);
  const called = nameOf(session, said.unnamed);
  return (
    <FormPanel
      title={called}
      submit={said.save}
      change={rename}
      onSubmit={() => rename.run()}
      onClose={onClose}
      command={commandLine(["session", "rename", session.id, name])}
    >
      <Facts
        items={[
          [said.address, session.address ?? said.none],
          [said.since, <Time key="since" at={session.createdAt} />],
          [said.lastUsed, <Time key="used" at={session.lastUsedAt} />],
          [said.until, <Time key="until" at={session.expiresAt} />],
          [said.facts.proof, session.mfaAt === null ? said.never : <Time key="proof" at={session.mfaAt} />],
        ]}
      />
      <TextField
        label={said.renameField}
        required
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      {!session.current && (
        <ConfirmButton
          label={said.revoke}
          title={said.revokeQuestion(called)}
          command={commandLine(["session", "revoke", session.id])}
          work={() => client.sessions.revoke(session.id)}
          done={onClose}
        >
          {said.revokeText}
        </ConfirmButton>
      )}
    </FormPanel>
  );
}

/** What its owner calls it, else what its browser says it is, shortly. */
function nameOf({ name, userAgent }: SessionView, unnamed: string): string {
  if (name !== null) return name;
  const system = /Windows|Mac OS X|Android|iPhone|iPad|Linux/.exec(userAgent ?? "")?.[0];
  const program = /Firefox|Edg|OPR|Chrome|Safari|gantry|curl|node/i.exec(userAgent ?? "")?.[0];
  return [program, system].filter(Boolean).join(", ") || unnamed;
}

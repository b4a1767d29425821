import type { ApiKeyView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Ago, Time, useNow } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { CreateKeyPanel } from "./create-key-panel.tsx";
import { texts } from "./texts.ts";

/** API keys of the organization; a new one is shown once. */
export function KeysSection() {
  const said = useTexts(texts);
  const all = useList("keys", (client) => client.apiKeys.list());
  const { show, open, close } = useShown();
  const [created, setCreated] = useState<string | null>(null);
  const shown = all.find(({ id }) => id === show);
  const onCreated = ({ key }: { key: string }): void => {
    setCreated(key);
    close();
  };
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={{ label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={all}
      idOf={({ id }) => id}
      nameOf={({ name, prefix }) => name || prefix}
      searched={({ name, prefix, actor, scopes }) => [name, prefix, actor.name, ...scopes].join(" ")}
      columns={[
        { title: said.actor, cell: ({ actor }) => actor.name },
        { title: said.scopes, cell: ({ scopes }) => scopes.join(", "), phone: false },
        {
          title: said.used,
          cell: ({ lastUsedAt }) => (lastUsedAt === null ? said.never : <Ago at={lastUsedAt} />),
          phone: false,
        },
        { title: said.state, cell: (one) => <KeyState of={one} /> },
      ]}
      empty={{ title: said.empty, command: commandLine(["key", "create"], { scope: ["read"] }) }}
      command={commandLine(["key", "list"])}
    >
      {show === "new" && <CreateKeyPanel onClose={close} onCreated={onCreated} />}
      {shown !== undefined && <KeyPanel of={shown} onClose={close} onCreated={onCreated} />}
      <ShownOnce title={said.shown} warning={said.warning} value={created} onClose={() => setCreated(null)} />
    </ListSection>
  );
}

function KeyPanel({
  of: { id, name, prefix, actor, scopes, createdAt, expiresAt, revokedAt, lastUsedAt },
  onClose,
  onCreated,
}: {
  of: ApiKeyView;
  onClose(): void;
  onCreated(created: { key: string }): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  return (
    <SidePanel title={name || prefix} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [
              said.label,
              <code key="key" className="font-mono text-xs">
                {prefix}…
              </code>,
            ],
            [said.actor, actor.name],
            [said.scopes, scopes.join(", ")],
            [said.state, <KeyState key="state" of={{ expiresAt, revokedAt }} />],
            [said.created, <Time key="created" at={createdAt} />],
            [said.until, expiresAt === null ? said.noEnd : <Time key="until" at={expiresAt} />],
            [said.used, lastUsedAt === null ? said.never : <Time key="used" at={lastUsedAt} />],
          ]}
        />
      </PanelBody>
      {revokedAt === null && (
        <PanelFoot>
          <ConfirmButton
            label={said.revoke}
            title={said.revokeQuestion(prefix)}
            command={commandLine(["key", "revoke", prefix])}
            work={() => client.apiKeys.revoke(id)}
          >
            {said.revokeText}
          </ConfirmButton>
          <ConfirmButton
            label={said.rotate}
            confirm="primary"
            title={said.rotateQuestion(prefix)}
            command={commandLine(["key", "rotate", prefix])}
            work={() => client.apiKeys.rotate(id)}
            done={onCreated}
          >
            {said.rotateText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

function KeyState({ of: { expiresAt, revokedAt } }: { of: Pick<ApiKeyView, "expiresAt" | "revokedAt"> }) {
  const { states } = useTexts(texts);
  const now = useNow(60_000);
  if (revokedAt !== null) return <StateMark tone="idle" shape="stop" word={states.revoked} />;
  if (expiresAt !== null && Date.parse(expiresAt) <= now)
    return <StateMark tone="idle" shape="dash" word={states.expired} />;
  return <StateMark tone="good" shape="check" word={states.active} />;
}

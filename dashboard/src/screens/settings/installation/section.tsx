import type { PersonView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay, useMe } from "../../../data/queries.ts";
import { Command } from "../../../ui/command.tsx";
import { Page } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { ForInstallation } from "../../elevation/step-up.tsx";
import { ActorState } from "../parts/actor-state.tsx";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { PanelBody, PanelFoot, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Everybody who can sign in, whatever organizations they belong to; for whoever acts for the installation. */
export function InstallationSection() {
  const said = useTexts(texts);
  if (useMay("admin:everywhere")) return <People />;
  return (
    <Page title={said.title} lead={said.lead}>
      <ForInstallation before={said.before}>{null}</ForInstallation>
    </Page>
  );
}

function People() {
  const said = useTexts(texts);
  const people = useList("installation", (client) => client.people.list());
  const { show, close } = useShown();
  const [receipt, setReceipt] = useState<string | null>(null);
  const shown = people.find(({ id }) => id === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      label={said.label}
      rows={people}
      idOf={({ id }) => id}
      nameOf={({ name, email }) => name || email}
      searched={({ name, email, organizations }) => [name, email, ...organizations].join(" ")}
      columns={[
        { title: said.email, cell: ({ email }) => email, phone: false },
        { title: said.organizations, cell: ({ organizations }) => organizations.join(", ") || said.none, phone: false },
        {
          title: said.state,
          cell: (one) => (
            <>
              <ActorState actor={one} />
              {one.administersSince !== null && <span className="text-muted block text-xs">{said.administers}</span>}
            </>
          ),
        },
      ]}
      empty={{ title: said.title }}
      command={commandLine(["person", "list"])}
    >
      {shown !== undefined && (
        <PersonPanel
          key={shown.id}
          of={shown}
          onClose={close}
          onErased={(token) => {
            close();
            setReceipt(token);
          }}
        />
      )}
      <ShownOnce title={said.receipt} warning={said.receiptWarning} value={receipt} onClose={() => setReceipt(null)} />
    </ListSection>
  );
}

function PersonPanel({
  of: { id, name, email, createdAt, disabledAt, administersSince, organizations },
  onClose,
  onErased,
}: {
  of: PersonView;
  onClose(): void;
  onErased(receipt: string): void;
}) {
  const said = useTexts(texts);
  const { people } = useClient();
  const self = useMe().person === id;
  const twin = (verb: string) => (reason: string) => commandLine(["person", verb, email], { reason });
  return (
    <SidePanel title={name || email} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.email, email],
            [said.organizations, organizations.join(", ") || said.none],
            [said.since, <Time key="since" at={createdAt} />],
            [said.state, <ActorState key="state" actor={{ disabledAt }} />],
            [
              said.administers,
              administersSince === null ? said.never : <Time key="administers" at={administersSince} />,
            ],
            [
              said.id,
              <code key="id" className="font-mono text-xs">
                {id}
              </code>,
            ],
          ]}
        />
        {administersSince === null && (
          <>
            <p className="text-muted">{said.administerText}</p>
            <Command label={said.administerTitle}>{twin("administer")("…")}</Command>
          </>
        )}
        {self && <p className="text-muted">{said.own}</p>}
      </PanelBody>
      {!self && (
        <PanelFoot>
          {administersSince !== null && (
            <ConfirmButton
              label={said.relieve}
              title={said.relieveQuestion(name)}
              why
              command={twin("relieve")}
              work={(why) => people.relieve(id, why)}
            >
              {said.relieveText}
            </ConfirmButton>
          )}
          {disabledAt === null ? (
            <ConfirmButton
              label={said.disable}
              title={said.disableQuestion(name)}
              why
              command={twin("disable")}
              work={(why) => people.disable(id, why)}
            >
              {said.disableText}
            </ConfirmButton>
          ) : (
            <ConfirmButton
              label={said.enable}
              title={said.enableQuestion(name)}
              why
              confirm="primary"
              command={twin("enable")}
              work={(why) => people.enable(id, why)}
            >
              {said.enableText}
            </ConfirmButton>
          )}
          <ConfirmButton
            label={said.erase}
            title={said.eraseQuestion(name)}
            why
            typed={email}
            command={(reason) => commandLine(["person", "erase"], { person: id, confirm: email, reason })}
            work={(reason) => people.erasePerson(id, { confirm: email, reason })}
            done={({ receipt }) => onErased(receipt)}
          >
            {said.eraseText}
          </ConfirmButton>
        </PanelFoot>
      )}
    </SidePanel>
  );
}

import type { PersonReceipt } from "@gantry/sdk/api";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState, type SyntheticEvent } from "react";
import { keys, useClient, useMe } from "../../../data/queries.ts";
import { Button } from "../../../ui/button.tsx";
import { Twin } from "../../../ui/command.tsx";
import { EmptyState } from "../../../ui/empty-state.tsx";
import { CheckField, TextField } from "../../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../../ui/notice.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { Rows } from "../parts/rows.tsx";
import { ShownOnce } from "../parts/shown-once.tsx";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** The organization itself: its name, receipts of people who were erased, and its erasure. */
export function OrganizationSection() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <About />
        <Receipts />
        <End />
      </div>
    </Page>
  );
}

function About() {
  const said = useTexts(texts);
  const client = useClient();
  const { id } = useMe().organization;
  const { data } = useSuspenseQuery({
    queryKey: [...keys.settings, "organization"],
    queryFn: () => client.organizations.get(id),
  });
  const [name, setName] = useState(data.name);
  const rename = useChange(() => client.organizations.rename(id, name.trim()));
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    rename.run();
  };
  return (
    <Panel title={said.about}>
      <form onSubmit={send} className="space-y-3">
        <Facts
          items={[
            [said.since, <Time key="since" at={data.createdAt} />],
            [
              said.id,
              <code key="id" className="font-mono text-xs">
                {id}
              </code>,
            ],
          ]}
        />
        <TextField
          label={said.name}
          required
          maxLength={100}
          value={name}
          error={errorAt(rename.error, "name")}
          onChange={(event) => setName(event.target.value)}
        />
        {rename.error !== null && <ErrorNotice error={rename.error} />}
        {rename.result !== undefined && rename.result.name === name.trim() && (
          <Notice tone="good">{said.renamed}</Notice>
        )}
        <Button type="submit" pending={rename.pending} disabled={name.trim() === data.name}>
          {said.rename}
        </Button>
        <Twin>{commandLine(["organization", "rename", name])}</Twin>
      </form>
    </Panel>
  );
}

function Receipts() {
  const said = useTexts(texts);
  const receipts = useList("person-erasures", (client) => client.personErasures.list());
  const { show, open, close } = useShown();
  const shown = receipts.find(({ id }) => id === show);
  return (
    <Panel title={said.receipts} flush>
      {receipts.length === 0 ? (
        <EmptyState title={said.noReceipts} />
      ) : (
        <Rows
          label={said.pseudonym}
          rows={receipts}
          idOf={({ id }) => id}
          nameOf={({ pseudonym }) => pseudonym}
          onOpen={({ id }) => open(id)}
          columns={[
            { title: said.asked, cell: ({ startedAt }) => <Time at={startedAt} />, phone: false },
            { title: said.state, cell: ({ state }) => <ReceiptState of={state} /> },
          ]}
        />
      )}
      {shown !== undefined && <ReceiptPanel of={shown} onClose={close} />}
    </Panel>
  );
}

function ReceiptState({ of }: { of: PersonReceipt["state"] }) {
  const said = useTexts(texts);
  return of === "erased" ? (
    <StateMark tone="good" shape="check" word={said.erased} />
  ) : (
    <StateMark tone="attention" shape="hourglass" word={said.erasing} />
  );
}

function ReceiptPanel({
  of: { id, pseudonym, state, startedAt, erasedAt, counts, kept, document: signed, signature },
  onClose,
}: {
  of: PersonReceipt;
  onClose(): void;
}) {
  const said = useTexts(texts);
  const listed = (of: Record<string, number>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name}: ${count}`)
      .join(", ") || said.nothing;
  return (
    <SidePanel title={pseudonym} onClose={onClose}>
      <PanelBody>
        <Facts
          items={[
            [said.state, <ReceiptState key="state" of={state} />],
            [said.asked, <Time key="asked" at={startedAt} />],
            [said.done, erasedAt === null ? "" : <Time key="done" at={erasedAt} />],
            [said.removed, listed(counts)],
            [said.kept, listed(kept)],
          ]}
        />
        {signed !== null && (
          <Button
            onClick={() =>
              void saveFile(`erasure-${id}.json`, new Blob([JSON.stringify({ document: signed, signature })]).stream())
            }
          >
            {said.document}
          </Button>
        )}
      </PanelBody>
    </SidePanel>
  );
}

function End() {
  const said = useTexts(texts);
  const client = useClient();
  const { id, name } = useMe().organization;
  const [cancel, setCancel] = useState(false);
  const [receipt, setReceipt] = useState<string | null>(null);
  return (
    <Panel title={said.end}>
      <div className="space-y-3 text-sm">
        <p>{said.endText}</p>
        <ConfirmButton
          label={said.end}
          title={said.endQuestion(name)}
          typed={name}
          command={commandLine(["organization", "delete"], { confirm: name, cancel })}
          work={() => client.organizations.remove(id, { confirm: name, ...(cancel && { cancel: "true" }) })}
          done={({ receipt: token }) => setReceipt(token)}
          last
        >
          <p className="mb-3">{said.endQuestionText}</p>
          <CheckField
            label={said.cancelRuns}
            hint={said.cancelRunsHint}
            checked={cancel}
            onChange={(event) => setCancel(event.target.checked)}
          />
        </ConfirmButton>
      </div>
      <ShownOnce
        title={said.receipt}
        warning={said.receiptWarning}
        value={receipt}
        onClose={() => location.assign("/")}
      />
    </Panel>
  );
}

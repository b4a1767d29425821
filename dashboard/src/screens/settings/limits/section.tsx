import type { QuotaKind, QuotaView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { bytesOf } from "../../../ui/bytes-of.ts";
import { Twin } from "../../../ui/command.tsx";
import { TextField } from "../../../ui/field.tsx";
import { Page, Panel } from "../../../ui/page.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PlaceWord } from "../parts/place-field.tsx";
import { Rows } from "../parts/rows.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** The organization's of every kind, also where there is none; those of projects where there are. */
type QuotaRow = Pick<QuotaView, "kind" | "project"> & { limit: number | null; current: number | null };

export function LimitsSection() {
  const said = useTexts(texts);
  const admin = useMay("admin");
  const set = useList("quotas", (client) => client.quotas.list());
  const { show = "", open, close } = useShown();
  const rows = (Object.keys(said.kinds) as QuotaKind[]).flatMap((kind): QuotaRow[] => {
    const own = set.filter((one) => one.kind === kind);
    return own.some(({ project }) => project === null)
      ? own
      : [{ kind, project: null, limit: null, current: null }, ...own];
  });
  const quota = rows.find((one) => idOf(one) === show);
  return (
    <Page title={said.title} lead={said.lead}>
      <div className="space-y-4">
        <Panel title={said.quotas} flush>
          <Rows
            label={said.kind}
            rows={rows}
            idOf={idOf}
            nameOf={({ kind }) => said.kinds[kind]}
            {...(admin ? { onOpen: (one: QuotaRow) => open(idOf(one)) } : {})}
            columns={[
              { title: said.where, cell: ({ project }) => <PlaceWord of={{ project, environment: null }} /> },
              { title: said.used, cell: (one) => <Used of={one} /> },
            ]}
          />
        </Panel>
        <Twin>{commandLine(["quota", "list"])}</Twin>
      </div>
      {admin && quota !== undefined && <QuotaPanel key={show} quota={quota} onClose={close} />}
    </Page>
  );
}

function Used({ of: { kind, limit, current } }: { of: QuotaRow }) {
  const said = useTexts(texts);
  if (limit === null) return <span className="text-muted">{said.free}</span>;
  const text = (value: number): string => (kind === "storage_bytes" ? bytesOf(value) : String(value));
  if (current === null) return said.upTo(text(limit));
  return (
    <span className={current >= limit ? "text-warn font-medium" : ""}>{said.usedOf(text(current), text(limit))}</span>
  );
}

function QuotaPanel({ quota: { kind, project, limit: before }, onClose }: { quota: QuotaRow; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [text, setText] = useState(before === null ? "" : String(before));
  const limit = text.trim() === "" ? null : Number(text);
  const save = useChange(() => client.quotas.set(kind, { limit, ...(project === null ? {} : { project }) }), onClose);
  return (
    <FormPanel
      title={said.kinds[kind]}
      submit={said.edit}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["quota", "set", kind.replaceAll("_", "-"), limit === null ? "none" : String(limit)], {
        project,
      })}
    >
      <TextField
        label={kind === "storage_bytes" ? said.limitBytes : said.limit}
        hint={said.limitHint}
        type="number"
        min={0}
        value={text}
        error={errorAt(save.error, "limit")}
        onChange={(event) => setText(event.target.value)}
      />
    </FormPanel>
  );
}

function idOf({ kind, project }: QuotaRow): string {
  return project === null ? kind : `${kind}@${project}`;
}

import type { RetentionPreview, RetentionView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { texts } from "./texts.ts";

type Mode = keyof typeof texts.en.modes;

export type Kind = RetentionPreview["items"][number]["kind"];

export interface Rule {
  kind: Kind;
  keepDays: number | null;
  own: boolean;
  minimumDays: number;
  setBy: RetentionView["setBy"];
}

/** How long one kind of data is kept. */
export function RetentionForm({ rule, onClose }: { rule: Rule; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const { kind, keepDays, own, minimumDays } = rule;
  const [mode, setMode] = useState<Mode>(own ? (keepDays === null ? "never" : "days") : "default");
  const [days, setDays] = useState(String(keepDays ?? Math.max(minimumDays, 365)));
  const wanted = mode === "days" ? Number(days) : mode;
  const save = useChange(
    async () => (kind === "runs" ? client.retention.set(wanted) : client.retention.setKind(kind, wanted)),
    onClose,
  );
  return (
    <FormPanel
      title={said.kinds[kind]}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["retention", "set", String(wanted)], { kind: kind === "runs" ? null : kind })}
    >
      <Facts
        items={[
          [said.kept, keepDays === null ? said.forEver : said.days(keepDays)],
          [said.own, own ? (rule.setBy?.name ?? "") : said.byDefault],
          [said.least, said.days(minimumDays)],
        ]}
      />
      <SelectField
        label={said.mode}
        value={mode}
        options={(["default", "days", "never"] as const).map((value) => ({ value, label: said.modes[value] }))}
        onChange={(event) => setMode(event.target.value as Mode)}
      />
      {mode === "days" && (
        <TextField
          label={said.daysField}
          type="number"
          required
          min={minimumDays}
          max={36_500}
          value={days}
          error={errorAt(save.error, "keepDays")}
          onChange={(event) => setDays(event.target.value)}
        />
      )}
    </FormPanel>
  );
}

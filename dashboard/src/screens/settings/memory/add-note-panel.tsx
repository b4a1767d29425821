import { MemoryKind, memoryLength } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextArea } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PlaceField } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { texts } from "./texts.ts";

/** Something that a person knows, for agents of a project or an environment. */
export function AddNotePanel({ place: begin, onClose }: { place: string; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [text, setText] = useState("");
  const [kind, setKind] = useState<MemoryKind>("fact");
  const [place, setPlace] = useState(begin === "" ? "default" : begin);
  const at = readPlace(place);
  const add = useChange(() => client.memories.add({ text, kind, ...at }), onClose);
  return (
    <FormPanel
      title={said.add}
      submit={said.note}
      change={add}
      onSubmit={() => add.run()}
      onClose={onClose}
      command={commandLine(["memory", "add", text || "Releases are on Tuesdays."], {
        kind,
        project: at.project,
        e: at.environment,
      })}
    >
      <TextArea
        label={said.text}
        hint={said.textHint}
        required
        maxLength={memoryLength}
        value={text}
        error={errorAt(add.error, "text")}
        onChange={(event) => setText(event.target.value)}
      />
      <SelectField
        label={said.kind}
        value={kind}
        options={MemoryKind.options.map((one) => ({ value: one, label: said.kinds[one] }))}
        onChange={(event) => setKind(MemoryKind.parse(event.target.value))}
      />
      <PlaceField value={place} onChange={setPlace} all={false} />
    </FormPanel>
  );
}

import type { SecretView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { TextArea, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PlaceField } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { texts } from "./texts.ts";

/** A value on its way in. It is in no address, no cache and no command line, and gone from here once it is stored. */
export function StoreSecretPanel({
  secret,
  place: begin,
  onClose,
}: {
  secret: SecretView | null;
  place: string;
  onClose(): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState(secret?.name ?? "");
  const [value, setValue] = useState("");
  const [rotateBy, setRotateBy] = useState("");
  const [place, setPlace] = useState(begin);
  const at = readPlace(place);
  const store = useChange(
    () => client.secrets.put(name, value, { ...at, ...(rotateBy === "" ? {} : { rotateBy: `${rotateBy}T00:00:00Z` }) }),
    onClose,
  );
  const command = commandLine(["secret", "set", name || "registry-token"], {
    project: at.project,
    e: at.environment,
    "rotate-by": rotateBy,
  });
  return (
    <FormPanel
      title={secret?.name ?? said.add}
      submit={said.store}
      change={store}
      onSubmit={() => store.run()}
      onClose={onClose}
      command={`${command} < value`}
    >
      {secret === null && (
        <>
          <TextField
            label={said.name}
            required
            value={name}
            error={errorAt(store.error, "name")}
            onChange={(event) => setName(event.target.value)}
          />
          <PlaceField value={place} onChange={setPlace} />
        </>
      )}
      <TextArea
        label={secret === null ? said.value : said.newValue}
        hint={said.valueHint}
        required
        autoComplete="off"
        spellCheck={false}
        className="font-mono [-webkit-text-security:disc]"
        value={value}
        error={errorAt(store.error, "value")}
        onChange={(event) => setValue(event.target.value)}
      />
      <TextField
        label={said.rotate}
        hint={said.rotateHint}
        type="date"
        value={rotateBy}
        onChange={(event) => setRotateBy(event.target.value)}
      />
    </FormPanel>
  );
}

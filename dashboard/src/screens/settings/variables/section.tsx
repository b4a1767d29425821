import type { VariableView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMay } from "../../../data/queries.ts";
import { TextArea, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField, PlaceWord } from "../parts/place-field.tsx";
import { placeText, readPlace } from "../parts/place.ts";
import { PanelBody, SidePanel } from "../parts/side-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

/** Variables of all places. */
export function VariablesSection() {
  const said = useTexts(texts);
  const variables = useList("variables", (client) => client.variables.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const shown = variables.find((one) => idOf(one) === show);
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={variables}
      idOf={idOf}
      nameOf={({ name }) => <span className="font-mono">{name}</span>}
      searched={(one) => [one.name, one.value, placeText(one)].join(" ")}
      columns={[
        { title: said.value, cell: ({ value }) => <span className="line-clamp-2 font-mono text-xs">{value}</span> },
        { title: said.where, cell: (one) => <PlaceWord of={one} /> },
      ]}
      empty={{ title: said.empty, command: commandLine(["variable", "set", "region", "eu-central-1"]) }}
      command={commandLine(["variable", "list"])}
    >
      {admin && show === "new" && <VariableForm variable={null} onClose={close} />}
      {shown !== undefined &&
        (admin ? (
          <VariableForm key={show} variable={shown} onClose={close} />
        ) : (
          <SidePanel title={shown.name} onClose={close}>
            <PanelBody>
              <VariableFacts of={shown} />
            </PanelBody>
          </SidePanel>
        ))}
    </ListSection>
  );
}

function VariableForm({ variable, onClose }: { variable: VariableView | null; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(variable?.value ?? "");
  const [place, setPlace] = useState(variable === null ? "" : placeText(variable));
  const at = readPlace(place);
  const options = { project: at.project, e: at.environment };
  const put = useChange(() => client.variables.put(name, value, at), onClose);
  return (
    <FormPanel
      title={variable?.name ?? said.add}
      submit={said.set}
      change={put}
      onSubmit={() => put.run()}
      onClose={onClose}
      command={commandLine(["variable", "set", name || "region", value], options)}
    >
      {variable === null ? (
        <>
          <TextField
            label={said.name}
            required
            value={name}
            error={errorAt(put.error, "variable")}
            onChange={(event) => setName(event.target.value)}
          />
          <PlaceField value={place} onChange={setPlace} />
        </>
      ) : (
        <VariableFacts of={variable} />
      )}
      <TextArea
        label={said.value}
        value={value}
        className="font-mono"
        error={errorAt(put.error, "value")}
        onChange={(event) => setValue(event.target.value)}
      />
      {variable !== null && (
        <ConfirmButton
          label={said.remove}
          title={said.removeQuestion(variable.name)}
          command={commandLine(["variable", "remove", variable.name], options)}
          work={() => client.variables.remove(variable.name, at)}
          done={onClose}
        >
          {said.removeText}
        </ConfirmButton>
      )}
    </FormPanel>
  );
}

function VariableFacts({ of }: { of: VariableView }) {
  const said = useTexts(texts);
  return (
    <Facts
      items={[
        [said.where, <PlaceWord key="where" of={of} />],
        [said.read, <code key="read" className="font-mono text-xs">{`\${{ variables.${of.name} }}`}</code>],
        [said.by, of.actor],
        [said.at, <Time key="at" at={of.updatedAt} />],
      ]}
    />
  );
}

/** Names repeat at other places. */
function idOf(one: VariableView): string {
  return `${one.name}@${placeText(one)}`;
}

import type { PolicyHead } from "@gantry/sdk/api";
import { useState } from "react";
import { useMay } from "../../../data/queries.ts";
import { TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time } from "../../../ui/time.tsx";
import { useShown } from "../parts/address.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { ListSection } from "../parts/list-section.tsx";
import { PlaceField, PlaceWord } from "../parts/place-field.tsx";
import { placeText, readPlace } from "../parts/place.ts";
import { useList } from "../parts/use-list.ts";
import { PolicyPage } from "./policy-page.tsx";
import { texts } from "./texts.ts";

/** Policies of all places. The address names the one that is worked on as `name@place`. */
export function PoliciesSection() {
  const said = useTexts(texts);
  const policies = useList("policies", (client) => client.policies.list());
  const { show, open, close } = useShown();
  const admin = useMay("admin");
  const at = show?.indexOf("@") ?? -1;
  if (show !== undefined && at > 0)
    return <PolicyPage key={show} name={show.slice(0, at)} place={show.slice(at + 1)} onClose={close} />;
  return (
    <ListSection
      title={said.title}
      lead={said.lead}
      add={admin && { label: said.add, onPress: () => open("new") }}
      label={said.label}
      rows={policies}
      idOf={idOf}
      nameOf={({ name }) => name}
      searched={(one) => [one.name, placeText(one), ...one.statements.map(({ id }) => id)].join(" ")}
      columns={[
        { title: said.where, cell: (one) => <PlaceWord of={one} /> },
        { title: said.version, cell: ({ version }) => version },
        { title: said.statements, cell: ({ statements }) => statements.map(({ id }) => id).join(", "), phone: false },
        {
          title: said.changed,
          cell: ({ updatedAt, actor }) => (
            <>
              <Time at={updatedAt} /> <span className="text-muted">{said.by(actor)}</span>
            </>
          ),
          phone: false,
        },
      ]}
      empty={{ title: said.empty, command: commandLine(["policy", "put", "freeze-data", "freeze-data.cedar"]) }}
      command={commandLine(["policy", "list"])}
    >
      {admin && show === "new" && <NamePanel onClose={close} onNamed={open} />}
    </ListSection>
  );
}

/** A policy is stored with its first text; until then it has a name and a place only. */
function NamePanel({ onClose, onNamed }: { onClose(): void; onNamed(id: string): void }) {
  const said = useTexts(texts);
  const [name, setName] = useState("");
  const [place, setPlace] = useState("");
  const { project, environment } = readPlace(place);
  return (
    <FormPanel
      title={said.add}
      submit={said.add}
      change={{ pending: false, error: null }}
      onSubmit={() => onNamed(`${name}@${place}`)}
      onClose={onClose}
      command={commandLine(["policy", "put", name || "freeze-data", `${name || "freeze-data"}.cedar`], {
        project,
        e: environment,
      })}
    >
      <TextField
        label={said.name}
        required
        pattern="[a-z][a-z0-9\-]{0,62}"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <PlaceField value={place} onChange={setPlace} />
    </FormPanel>
  );
}

function idOf(one: PolicyHead): string {
  return `${one.name}@${placeText(one)}`;
}

import { defaultKinds, noticeKinds, type SubscriptionKind } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { Checks } from "../parts/checks.tsx";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { PlaceField } from "../parts/place-field.tsx";
import { readPlace } from "../parts/place.ts";
import { destinationOf, destinationOptions, noFields, type Channel, type DestinationFields } from "./destination.ts";
import { texts } from "./texts.ts";

const offered: SubscriptionKind[] = [...new Set<SubscriptionKind>([...defaultKinds, ...noticeKinds])];

/** What each channel asks for besides its secret. */
const parts: Record<Channel, (keyof DestinationFields)[]> = {
  email: ["to", "from"],
  slack: ["conversation"],
  "slack-webhook": [],
  webhook: ["url"],
};

export function SubscribePanel({ onClose }: { onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [name, setName] = useState("");
  const [channel, setChannel] = useState<Channel>("email");
  const [fields, setFields] = useState(noFields);
  const [place, setPlace] = useState("");
  const [kinds, setKinds] = useState<SubscriptionKind[]>([...defaultKinds]);
  const at = readPlace(place);
  const add = useChange(
    () => client.subscriptions.create({ name, ...at, kinds, destination: destinationOf(channel, fields) }),
    onClose,
  );
  const labels: Record<Exclude<keyof DestinationFields, "secret">, { label: string; hint?: string }> = {
    url: { label: said.url },
    conversation: { label: said.conversation, hint: said.conversationHint },
    from: { label: said.from },
    to: { label: said.to, hint: said.namesHint },
  };
  const secretLabels: Record<Channel, string> = {
    email: said.server,
    slack: said.token,
    "slack-webhook": said.webhookSecret,
    webhook: said.signing,
  };
  const put = (field: keyof DestinationFields, value: string): void => setFields({ ...fields, [field]: value });
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={add}
      onSubmit={() => add.run()}
      onClose={onClose}
      command={commandLine(["notify", "add", name || "team"], {
        ...destinationOptions(channel, fields),
        kind: kinds.join() === defaultKinds.join() ? null : kinds,
        project: at.project,
        e: at.environment,
      })}
    >
      <TextField
        label={said.name}
        required
        value={name}
        error={errorAt(add.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField
        label={said.channel}
        value={channel}
        options={(Object.keys(parts) as Channel[]).map((value) => ({ value, label: said.channels[value] }))}
        onChange={(event) => setChannel(event.target.value as Channel)}
      />
      {parts[channel].map(
        (field) =>
          field !== "secret" && (
            <TextField
              key={field}
              {...labels[field]}
              required
              value={fields[field]}
              error={errorAt(add.error, `destination.${field}`)}
              onChange={(event) => put(field, event.target.value)}
            />
          ),
      )}
      <TextField
        label={secretLabels[channel]}
        {...(channel === "email" ? { hint: said.serverHint } : {})}
        required
        value={fields.secret}
        onChange={(event) => put("secret", event.target.value)}
      />
      <PlaceField label={said.where} value={place} onChange={setPlace} />
      <Checks
        legend={said.kindsHint}
        options={offered.map((value) => ({ value, label: value }))}
        value={kinds}
        onChange={setKinds}
      />
    </FormPanel>
  );
}

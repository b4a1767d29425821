import type { Scope } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient, useMe } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { useAddress } from "../parts/address.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { Checks } from "../parts/checks.tsx";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { useList } from "../parts/use-list.ts";
import { texts } from "./texts.ts";

const dayMs = 86_400_000;

/** A key for somebody, with some of the caller's own scopes. */
export function CreateKeyPanel({ onClose, onCreated }: { onClose(): void; onCreated(created: { key: string }): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const [{ actor: asked = "" }] = useAddress();
  const actors = useList("actors", (api) => api.actors.list()).filter(({ disabledAt }) => disabledAt === null);
  const [actor, setActor] = useState(asked);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const [days, setDays] = useState("");
  const create = useChange(
    () =>
      client.apiKeys.create({
        name,
        scopes,
        ...(actor === "" ? {} : { actor }),
        expiresAt: days === "" ? null : new Date(Date.now() + Number(days) * dayMs).toISOString(),
      }),
    onCreated,
  );
  return (
    <FormPanel
      title={said.add}
      submit={said.create}
      change={create}
      onSubmit={() => create.run()}
      onClose={onClose}
      command={commandLine(["key", "create"], {
        actor: actors.find(({ id }) => id === actor)?.name,
        name,
        scope: scopes,
        expires: days === "" ? null : `${days}d`,
      })}
    >
      <SelectField
        label={said.who}
        value={actor}
        options={[{ value: "", label: said.own }, ...actors.map((one) => ({ value: one.id, label: one.name }))]}
        onChange={(event) => setActor(event.target.value)}
      />
      <TextField
        label={said.name}
        hint={said.nameHint}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Checks
        legend={said.scopes}
        options={me.scopes.map((scope) => ({ value: scope, label: scope, hint: said.scopeWords[scope] }))}
        value={scopes}
        onChange={setScopes}
      />
      <TextField
        label={said.days}
        hint={said.daysHint}
        type="number"
        min={1}
        value={days}
        error={errorAt(create.error, "expiresAt")}
        onChange={(event) => setDays(event.target.value)}
      />
    </FormPanel>
  );
}

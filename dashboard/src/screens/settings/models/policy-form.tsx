import type { ModelPolicyView } from "@gantry/sdk/api";
import { useState } from "react";
import { useClient } from "../../../data/queries.ts";
import { SelectField, TextField } from "../../../ui/field.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { errorAt, useChange } from "../parts/change.ts";
import { commandLine } from "../parts/command-line.ts";
import { FormPanel } from "../parts/form-panel.tsx";
import { texts } from "./texts.ts";

/** Where data may go with a question, and which model is asked first. */
export function PolicyForm({ policy, onClose }: { policy: ModelPolicyView; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const [providers, setProviders] = useState(policy.providers?.join(", ") ?? "");
  const [regions, setRegions] = useState(policy.regions?.join(", ") ?? "");
  const [prefer, setPrefer] = useState(policy.prefer);
  const [store, setStore] = useState(policy.store);
  const [days, setDays] = useState(String(policy.storeDays ?? ""));
  const [cache, setCache] = useState(String(policy.cacheSeconds));
  const wanted = {
    providers: namesOf(providers),
    regions: namesOf(regions),
    prefer,
    cacheSeconds: Number(cache),
    store,
    storeDays: days.trim() === "" ? null : Number(days),
  };
  // What isn't shown here stays as it is.
  const save = useChange(() => client.models.setPolicy({ ...policy, ...wanted }), onClose);
  return (
    <FormPanel
      title={said.policy}
      submit={said.save}
      change={save}
      onSubmit={() => save.run()}
      onClose={onClose}
      command={commandLine(["models", "policy"], {
        providers: wanted.providers?.join(",") ?? "any",
        regions: wanted.regions?.join(",") ?? "any",
        prefer,
        cache,
        store,
        "store-days": days.trim() === "" ? "never" : days,
      })}
    >
      <TextField
        label={said.providers}
        hint={said.listHint}
        value={providers}
        error={errorAt(save.error, "providers")}
        onChange={(event) => setProviders(event.target.value)}
      />
      <TextField
        label={said.regions}
        hint={said.listHint}
        value={regions}
        error={errorAt(save.error, "regions")}
        onChange={(event) => setRegions(event.target.value)}
      />
      <SelectField
        label={said.prefer}
        value={prefer}
        onChange={(event) => setPrefer(event.target.value as ModelPolicyView["prefer"])}
        options={(Object.keys(said.preferred) as ModelPolicyView["prefer"][]).map((one) => ({
          value: one,
          label: said.preferred[one],
        }))}
      />
      <TextField
        label={said.cache}
        hint={said.cacheHint}
        type="number"
        min={0}
        max={86_400}
        value={cache}
        error={errorAt(save.error, "cacheSeconds")}
        onChange={(event) => setCache(event.target.value)}
      />
      <SelectField
        label={said.store}
        hint={said.storeHint}
        value={store}
        onChange={(event) => setStore(event.target.value as ModelPolicyView["store"])}
        options={(Object.keys(said.stored) as ModelPolicyView["store"][]).map((one) => ({
          value: one,
          label: said.stored[one],
        }))}
      />
      <TextField
        label={said.storeDays}
        hint={said.storeDaysHint}
        type="number"
        min={1}
        max={36_500}
        value={days}
        error={errorAt(save.error, "storeDays")}
        onChange={(event) => setDays(event.target.value)}
      />
    </FormPanel>
  );
}

/** Null where nothing is named: all. */
function namesOf(text: string): string[] | null {
  const names = text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  return names.length === 0 ? null : names;
}

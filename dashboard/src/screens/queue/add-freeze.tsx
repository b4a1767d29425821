import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Confirm } from "./confirm.tsx";
import { texts } from "./texts.ts";
import { utcInstant } from "./utc-instant.ts";

/** One window, now or later. Windows that come again are for the command line, which is shown. */
export function AddFreeze() {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [form, setForm] = useState({ project: "", environment: "", reason: "", from: "", until: "" });
  const set = (changed: Partial<typeof form>): void => setForm((before) => ({ ...before, ...changed }));
  const { data: projects } = useQuery({
    queryKey: [...keys.settings, "projects"],
    queryFn: () => client.projects.list(),
    enabled: asking,
  });
  const { project, environment, reason } = form;
  const [from, until] = [utcInstant(form.from), utcInstant(form.until)];
  const add = useMutation({
    mutationFn: () =>
      client.freezes.create({
        reason,
        times: { kind: "once", from: from ?? new Date().toISOString(), until: until ?? null },
        ...(project === "" ? {} : { project }),
        ...(project === "" || environment === "" ? {} : { environment }),
      }),
    onSuccess: () => {
      setAsking(false);
      return queries.invalidateQueries({ queryKey: [...keys.queue] });
    },
  });
  const named = (value: string): { value: string; label: string } => ({ value, label: value });
  const found = projects?.items.find(({ name }) => name === project);
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        {said.add}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={said.addTitle}
        action={said.add}
        mutation={add}
        ready={reason.trim() !== "" && from !== null && until !== null}
        onConfirm={() => add.mutate()}
        command='npx gantry freeze add --reason "Weekend" --cron "0 18 * * 5" --for 62h --time-zone Europe/Berlin'
      >
        <p>{said.addSays}</p>
        <TextField
          label={said.reason}
          value={reason}
          maxLength={1_000}
          onChange={(event) => set({ reason: event.target.value })}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField
            label={said.projectField}
            value={project}
            options={[
              { value: "", label: said.allProjects },
              ...(projects?.items ?? []).map(({ name }) => named(name)),
            ]}
            onChange={({ target }) => set({ project: target.value, environment: "" })}
          />
          <SelectField
            label={said.environmentField}
            value={environment}
            disabled={project === ""}
            options={[{ value: "", label: said.allEnvironments }, ...(found?.environments ?? []).map(named)]}
            onChange={({ target }) => set({ environment: target.value })}
          />
          <TextField
            label={said.from}
            hint={said.fromHint}
            value={form.from}
            error={from === null ? said.notATime : null}
            onChange={({ target }) => set({ from: target.value })}
          />
          <TextField
            label={said.to}
            hint={said.toHint}
            value={form.until}
            error={until === null ? said.notATime : null}
            onChange={({ target }) => set({ until: target.value })}
          />
        </div>
      </Confirm>
    </>
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys, useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { CheckField, SelectField, TextField } from "../../ui/field.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Confirm } from "./confirm.tsx";
import { commandLine } from "../settings/parts/command-line.ts";
import { isWhole, optionsOf, timesOf, weekend, type Recurring } from "./recurring.ts";
import { RecurringFields } from "./recurring-fields.tsx";
import { texts } from "./texts.ts";
import { utcInstant } from "./utc-instant.ts";

/** One window, now or later, or one that comes again on chosen days. */
export function AddFreeze() {
  const said = useTexts(texts);
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [form, setForm] = useState({ project: "", environment: "", reason: "", from: "", until: "" });
  const [again, setAgain] = useState<Recurring | null>(null);
  const set = (changed: Partial<typeof form>): void => setForm((before) => ({ ...before, ...changed }));
  const { data: projects } = useQuery({
    queryKey: [...keys.settings, "projects"],
    queryFn: () => client.projects.list(),
    enabled: asking,
  });
  const { project, environment, reason } = form;
  const [from, until] = [utcInstant(form.from), utcInstant(form.until)];
  const add = useMutation({
    mutationFn: (now: string) =>
      client.freezes.create({
        reason,
        times: again === null ? { kind: "once", from: from ?? now, until: until ?? null } : timesOf(again),
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
        ready={reason.trim() !== "" && (again === null ? from !== null && until !== null : isWhole(again))}
        onConfirm={() => add.mutate(new Date().toISOString())}
        command={commandLine(["freeze", "add"], {
          reason: reason || "…",
          project,
          e: project === "" ? null : environment,
          ...(again === null ? { from, until } : optionsOf(again)),
        })}
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
        </div>
        <CheckField
          label={said.again}
          hint={said.againHint}
          checked={again !== null}
          onChange={({ target }) => setAgain(target.checked ? weekend() : null)}
        />
        {again !== null && <RecurringFields value={again} onChange={setAgain} />}
        <div className={again === null ? "grid gap-3 sm:grid-cols-2" : "hidden"}>
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

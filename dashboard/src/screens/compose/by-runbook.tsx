import type { RunbookView } from "@gantry/sdk/api";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import {
  draftOf,
  filledIn,
  formTexts,
  SchemaForm,
  serverProblems,
  type Draft,
  type JsonSchema,
  type Problems,
} from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import { SaveTrigger } from "../triggers/save-trigger.tsx";
import { PlaceFields, type Place } from "./place-fields.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { RunButtons } from "./run-buttons.tsx";
import { runbooksQuery } from "./queries.ts";
import { useSecretNames } from "./secret-names.ts";
import { texts } from "./texts.ts";
import { keptForm, keptPlace, startPlace, type KeptForm } from "./kept.ts";
import { useKept } from "./use-kept.ts";

/** A runbook and its form. */
export function ByRunbook({
  name,
  rehearse,
  onPick,
}: {
  name: string | undefined;
  rehearse: boolean;
  onPick(name: string): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const { items } = useSuspenseQuery(runbooksQuery(client)).data;
  const picked = items.find((one) => one.name === name);
  if (items.length === 0) return <EmptyState title={said.noRunbooks} command="npx gantry runbook new release.yaml" />;
  const missing = name !== undefined && picked === undefined;
  return (
    <div className="space-y-4">
      <SelectField
        label={said.runbook}
        value={picked?.name ?? ""}
        error={missing ? said.runbookGone(name) : null}
        onChange={(event) => event.target.value !== "" && onPick(event.target.value)}
        options={[
          { value: "", label: said.choose },
          ...items.map((one) => ({ value: one.name, label: `${one.title} (${one.name})` })),
        ]}
      />
      {picked !== undefined && <RunbookForm key={picked.name} runbook={picked} rehearse={rehearse} />}
    </div>
  );
}

function RunbookForm({ runbook, rehearse }: { runbook: RunbookView; rehearse: boolean }) {
  const said = useTexts(texts);
  const { words } = useTexts(formTexts);
  const client = useClient();
  const schema = runbook.parameters as JsonSchema;
  const [place, setPlace] = useKept<Place>(keptPlace, startPlace);
  const [form, setForm] = useKept<KeptForm>(keptForm(runbook.name), () => ({
    goal: "",
    draft: draftOf(schema, schema),
  }));
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);
  const secrets = useSecretNames(place);
  const { value, problems: own } = filledIn(schema, schema, form.draft, { words });
  const call = {
    runbook: runbook.name,
    parameters: value as Record<string, never>,
    ...place,
    ...(form.goal.trim() === "" ? {} : { goal: form.goal.trim() }),
  };
  const asked = JSON.stringify(call);
  const plan = useMutation({
    mutationFn: async () => ({ asked, view: await client.plans.create(call) }),
  });
  const last = useMutation({
    mutationFn: async () => {
      const { items } = await client.runs.list({ runbook: runbook.name, limit: 1 });
      const [newest] = items;
      return newest === undefined ? null : (await client.runs.plan(newest.id)).parameters;
    },
    onSuccess: (parameters) => {
      if (parameters !== null) setForm({ ...form, draft: draftOf(schema, schema, parameters) });
    },
  });
  // What the server said holds until the field is changed: until another value would be sent.
  const [answered, setAnswered] = useState<{ draft: Draft; problems: Problems }>();
  const fromServer = answered?.draft === form.draft ? answered.problems : {};
  const shown: Problems = tried ? { ...fromServer, ...own } : {};
  const ready = Object.keys(own).length === 0 && place.environment !== "";
  const showPlan = (): void => {
    setTried(true);
    if (!ready) return;
    plan.mutate(undefined, {
      onError: (error) => setAnswered({ draft: form.draft, problems: serverProblems(error) }),
    });
  };
  const { data } = plan;
  return (
    <div className="space-y-4">
      <Panel title={rehearse ? said.tryTitle(runbook.title) : runbook.title}>
        <form
          className="space-y-4"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            showPlan();
          }}
        >
          <div className="text-muted text-sm">
            {runbook.description !== null && <p>{runbook.description}</p>}
            <p className="text-xs">
              <Link to="/runbooks/$name" params={{ name: runbook.name }} className="text-accent underline">
                {runbook.name} {runbook.version}
              </Link>
            </p>
          </div>
          {runbook.deprecated !== null && (
            <Notice tone="warn">
              {said.deprecated(runbook.deprecated.since, runbook.deprecated.use, runbook.deprecated.reason)}
            </Notice>
          )}
          {rehearse && <Notice tone="info">{said.tryHint}</Notice>}
          <PlaceFields
            place={place}
            onChange={setPlace}
            error={tried && place.environment === "" ? words.needed : null}
          />
          <SchemaForm
            schema={schema}
            draft={form.draft}
            onChange={(draft) => setForm({ ...form, draft })}
            problems={shown}
            secrets={secrets}
          />
          <TextField
            label={said.why}
            hint={said.whyHint}
            value={form.goal}
            maxLength={2_000}
            onChange={(event) => setForm({ ...form, goal: event.target.value })}
          />
          {tried && !ready && <Notice tone="bad">{said.incomplete}</Notice>}
          {plan.error !== null && answered?.draft === form.draft && <ErrorNotice error={plan.error} />}
          {last.error !== null && <ErrorNotice error={last.error} />}
          {last.data === null && <Notice tone="info">{said.noLast}</Notice>}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" kind={data === undefined ? "primary" : "plain"} pending={plan.isPending}>
              {plan.isPending ? said.planning : said.showPlan}
            </Button>
            <Button pending={last.isPending} onClick={() => last.mutate()}>
              {said.lastInputs}
            </Button>
            <Button kind="quiet" onClick={() => setForm({ goal: "", draft: draftOf(schema, schema) })}>
              {said.clear}
            </Button>
          </div>
        </form>
      </Panel>
      {data !== undefined && (
        <PlanPanel view={data.view} project={place.project}>
          <RunButtons
            stale={data.asked !== asked}
            denied={data.view.decision.result === "deny"}
            rehearse={rehearse}
            start={(dryRun) => client.runs.create({ ...call, dryRun })}
            onSave={() => setSaving(true)}
          />
        </PlanPanel>
      )}
      {saving && <SaveTrigger what={{ ...call }} onClose={() => setSaving(false)} />}
    </div>
  );
}

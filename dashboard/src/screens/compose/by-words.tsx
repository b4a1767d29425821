import type { CreateGoal, GoalAnswer, RunSummary, RunbookView } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { draftOf, filledIn, formTexts, type JsonSchema } from "../../ui/schema-form/index.ts";
import { useTexts } from "../../ui/texts.ts";
import { SaveTrigger } from "../triggers/save-trigger.tsx";
import { keptForm, keptPlace, keptWords, startWords, type KeptWords } from "./kept.ts";
import { Missing } from "./missing.tsx";
import { PlaceFields } from "./place-fields.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { Planned } from "./planned.tsx";
import { runbooksQuery } from "./queries.ts";
import { RunButtons } from "./run-buttons.tsx";
import { texts } from "./texts.ts";
import { UnderstandingPanel } from "./understanding-panel.tsx";
import { keep, useKept } from "./use-kept.ts";
import { usePlanner } from "./use-planner.ts";

interface Read {
  /** What was asked, to tell whether the answer is about what stands there now. */
  asked: string;
  answer: GoalAnswer;
}

/** A sentence: how it was understood, what is missing, and the plan. */
export function ByWords({ onFill }: { onFill(runbook: string): void }) {
  const said = useTexts(texts);
  const { words } = useTexts(formTexts);
  const client = useClient();
  const { items } = useSuspenseQuery(runbooksQuery(client)).data;
  const [kept, setKept] = useKept<KeptWords>(keptWords, startWords);
  const [saving, setSaving] = useState(false);
  const read = useMutation({
    mutationFn: async (now: KeptWords): Promise<Read> => {
      const wish = wishOf(now, items, words);
      return { asked: JSON.stringify(wish), answer: await client.goals.create({ ...wish, explain: true }) };
    },
  });
  const planner = usePlanner(kept.place);
  const plan = useMutation({
    mutationFn: async ({ text, place: { project, environment } }: KeptWords) => {
      const goal = text.trim();
      const asked = { runbook: planner ?? "", parameters: { goal }, goal, project, environment };
      const { id } = await client.runs.create(asked);
      return { run: id, text: goal, project };
    },
    onSuccess: (planned) => {
      read.reset();
      setKept({ ...kept, planned });
    },
  });
  const wish = wishOf(kept, items, words);
  const { data } = read;
  const understanding = data?.answer.understanding;
  const found = items.find(({ name }) => name === understanding?.runbook);
  const change = (next: KeptWords, again = false): void => {
    setKept(next);
    if (again) read.mutate(next);
  };
  const fill = (runbook: RunbookView): void => {
    const schema = runbook.parameters as JsonSchema;
    keep(keptForm(runbook.name), {
      goal: kept.text,
      draft: draftOf(schema, schema, understanding?.parameters ?? {}),
    });
    keep(keptPlace, {
      project: kept.place.project,
      environment: understanding?.environment ?? kept.place.environment,
    });
    onFill(runbook.name);
  };
  const view = data?.answer.plan ?? null;
  return (
    <div className="space-y-4">
      <Panel>
        <form
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (kept.text.trim() === "") return;
            const { planned: _before, ...next } = kept;
            change(next, true);
          }}
        >
          <TextArea
            label={said.wish}
            hint={said.wishHint(items.flatMap(({ examples }) => examples)[0])}
            value={kept.text}
            maxLength={2_000}
            onChange={(event) => change({ ...kept, text: event.target.value })}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
          <PlaceFields open place={kept.place} onChange={(place) => change({ ...kept, place })} />
          {read.error !== null && <ErrorNotice error={read.error} />}
          {plan.error !== null && <ErrorNotice error={plan.error} />}
          {planner !== null && kept.place.environment === "" && <p className="text-muted text-xs">{said.whereModel}</p>}
          <div className="flex flex-wrap gap-2">
            <Button
              type="submit"
              kind={view === null && kept.planned === undefined ? "primary" : "plain"}
              pending={read.isPending}
              disabled={kept.text.trim() === ""}
            >
              {read.isPending ? said.reading : said.read}
            </Button>
            {planner !== null && (
              <Button
                pending={plan.isPending}
                disabled={kept.text.trim() === "" || kept.place.environment === ""}
                onClick={() => plan.mutate(kept)}
              >
                {plan.isPending ? said.startingModel : said.withModel}
              </Button>
            )}
            {(kept.text !== "" || kept.runbook !== null) && (
              <Button
                kind="quiet"
                onClick={() => {
                  setKept(startWords());
                  read.reset();
                  plan.reset();
                }}
              >
                {said.startOver}
              </Button>
            )}
          </div>
        </form>
      </Panel>
      {understanding !== undefined && (
        <UnderstandingPanel
          understanding={understanding}
          title={found?.title ?? null}
          onInstead={(runbook) => change({ ...kept, runbook, answers: {} }, true)}
          onFill={found === undefined ? null : () => fill(found)}
        >
          {understanding.status === "asks" && (
            <Missing
              missing={understanding.missing}
              alternatives={understanding.alternatives}
              schema={found?.parameters ?? {}}
              runbook={understanding.runbook}
              kept={kept}
              onChange={change}
              pending={read.isPending}
              onAnswer={() => read.mutate(kept)}
            />
          )}
        </UnderstandingPanel>
      )}
      {kept.planned !== undefined && <Planned key={kept.planned.run} {...kept.planned} />}
      {view !== null && (
        <PlanPanel view={view} project={kept.place.project}>
          <RunButtons
            stale={data?.asked !== JSON.stringify(wish)}
            denied={view.decision.result === "deny"}
            start={(dryRun) => startGoal(client, wish, view, dryRun)}
            onSave={() => setSaving(true)}
          />
        </PlanPanel>
      )}
      {saving && view?.plan.runbook && (
        <SaveTrigger
          what={{
            project: kept.place.project,
            environment: view.plan.environment,
            runbook: view.plan.runbook.name,
            parameters: view.plan.parameters,
          }}
          onClose={() => setSaving(false)}
        />
      )}
    </div>
  );
}

/** A dry run is no attempt at the goal, so it is a run of the plan alone. */
async function startGoal(
  client: Client,
  wish: CreateGoal,
  { plan }: NonNullable<GoalAnswer["plan"]>,
  dryRun: boolean,
): Promise<RunSummary> {
  if (dryRun) return client.runs.create({ plan, project: wish.project, dryRun });
  const { run } = await client.goals.create(wish);
  if (run === null) throw new Error("A goal that isn't only explained has a run.");
  return run;
}

function wishOf(
  { text, place, runbook, answers }: KeptWords,
  runbooks: readonly RunbookView[],
  words: (typeof formTexts)["en"]["words"],
): CreateGoal & { project: string } {
  const schemas = runbooks.map(({ parameters }) => parameters as JsonSchema);
  const given = Object.entries(answers).flatMap(([key, draft]) => {
    const [of, name] = splitAnswer(key);
    const root = schemas[runbooks.findIndex((one) => one.name === of)];
    const schema = root?.properties?.[name];
    if (root === undefined || schema === undefined) return [];
    const { value } = filledIn(schema, root, draft, { words, required: false });
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    text: text.trim(),
    project: place.project,
    ...(place.environment === "" ? {} : { environment: place.environment }),
    ...(runbook === null ? {} : { runbook }),
    ...(given.length === 0 ? {} : { parameters: Object.fromEntries(given) }),
  };
}

function splitAnswer(key: string): [string, string] {
  const at = key.indexOf(" ");
  return [key.slice(0, at), key.slice(at + 1)];
}

import type { JsonObject, Plan } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { TextComparison } from "../../ui/diff/diff-view.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { DownloadButton } from "../../ui/download-button.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { Loading } from "../../ui/loading.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { usePlanner } from "../compose/use-planner.ts";
import { usePlan } from "./run-data.ts";
import { texts } from "./texts.ts";

const RunTrace = lazy(async () => ({ default: (await import("./trace/run-trace.tsx")).RunTrace }));

/** The file of a runbook that does what a run did: by rules, made more general by a model where one is connected, and published. */
export function RunbookDialog({ run, onClose }: { run: RunDetail; onClose(): void }) {
  const said = useTexts(texts);
  const client = useClient();
  const navigate = useNavigate();
  const plan = usePlan(run.id);
  const mayPublish = useMay("runbooks");
  const planner = usePlanner({ project: run.project, environment: run.environment }, "file");
  const [name, setName] = useState("");
  const [title, setTitle] = useState(run.goal.slice(0, 200));
  const [edited, setEdited] = useState<string | null>(null);
  const byRules = useQuery({
    queryKey: ["runbook of", run.id, name.trim(), title.trim()],
    queryFn: () => made(plan, name.trim(), title.trim()),
    enabled: name.trim() !== "" && title.trim() !== "",
    retry: false,
    throwOnError: false,
  });
  const rules = byRules.data ?? null;
  const ask = useMutation({
    mutationFn: (file: string) =>
      client.runs.create({
        runbook: planner ?? "",
        parameters: { file, plan: JSON.stringify(plan) },
        project: run.project,
        environment: run.environment,
        goal: `Generalise the runbook ${name}`,
      }),
  });
  const writing = useQuery({
    queryKey: [...keys.run(ask.data?.id ?? ""), "detail"],
    queryFn: () => client.runs.get(ask.data?.id ?? ""),
    enabled: ask.data !== undefined,
  }).data;
  const general = writing?.status === "succeeded" ? answerOf(writing) : null;
  const text = edited ?? general?.file ?? rules;
  const publish = useMutation({
    mutationFn: (source: string) => client.runbooks.publish({ name: name.trim(), version: "1.0.0" }, { source }),
    onSuccess: async () => {
      onClose();
      await navigate({ to: "/runbooks/$name", params: { name: name.trim() } });
    },
  });
  const asked = ask.data !== undefined;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={said.saveTitle}
      footer={
        text !== null && (
          <>
            {planner !== null && !asked && rules !== null && (
              <Button pending={ask.isPending} onClick={() => ask.mutate(rules)}>
                {said.generalize}
              </Button>
            )}
            <DownloadButton name={`${name.trim()}.yaml`} read={() => Promise.resolve(new Blob([text]).stream())}>
              {said.download}
            </DownloadButton>
            {mayPublish && (
              <Button kind="primary" pending={publish.isPending} onClick={() => publish.mutate(text)}>
                {said.publish}
              </Button>
            )}
          </>
        )
      }
    >
      <div className="space-y-3">
        <p className="text-muted">{said.saveWhat}</p>
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label={said.runbookName}
            hint={said.runbookNameHint}
            value={name}
            disabled={asked}
            onChange={({ target }) => setName(target.value)}
          />
          <TextField
            label={said.runbookTitle}
            value={title}
            maxLength={200}
            disabled={asked}
            onChange={({ target }) => setTitle(target.value)}
          />
        </div>
        {byRules.error !== null && <ErrorNotice error={byRules.error} />}
        {ask.error !== null && <ErrorNotice error={ask.error} />}
        {writing !== undefined && general === null && (
          <section aria-label={said.generalizing} className="space-y-2">
            <h3 className="font-medium">{said.generalizing}</h3>
            {writing.error !== null && <Notice tone="bad">{writing.error.message}</Notice>}
            <Suspense fallback={<Loading />}>
              <RunTrace run={writing} />
            </Suspense>
          </section>
        )}
        {general !== null && rules !== null && (
          <div className="space-y-2">
            <p>{said.generalized}</p>
            <ul className="list-disc space-y-1 pl-5 [overflow-wrap:anywhere]">
              {general.changes.map((change, index) => (
                <li key={index}>{change}</li>
              ))}
            </ul>
            <TextComparison before={rules} after={general.file} />
          </div>
        )}
        {text !== null && (
          <TextArea
            label={said.runbookFile}
            className="font-mono text-xs"
            rows={16}
            spellCheck={false}
            value={text}
            onChange={({ target }) => setEdited(target.value)}
          />
        )}
        {!mayPublish && <Notice tone="info">{said.mayNotPublish}</Notice>}
        {publish.error !== null && <ErrorNotice error={publish.error} />}
      </div>
    </Dialog>
  );
}

/** What reads and writes such files is as large as a whole screen, so it is loaded once somebody has named one. */
async function made(plan: Plan, name: string, title: string): Promise<string> {
  const { runbookFromPlan } = await import("@gantry/sdk/runbook-file");
  return runbookFromPlan(plan, { name, title, other: null }).text;
}

/** What the agent that wrote it gave; it has checked that the file makes the plan of the run. */
function answerOf({ steps }: RunDetail): { file: string; changes: string[] } | null {
  for (const { output } of steps) {
    const { file, changes } = (output ?? {}) as JsonObject;
    if (typeof file === "string" && Array.isArray(changes)) return { file, changes: changes.map(String) };
  }
  return null;
}

import type { GoalAnswer } from "@gantry/sdk/api";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import * as z from "zod/mini";
import { keys, useClient } from "../../data/queries.ts";
import { Loading } from "../../ui/loading.tsx";
import { microsText } from "../../ui/micros.ts";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { Panel } from "../../ui/page.tsx";
import { RunLink } from "../../ui/run-link.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { PlanPanel } from "./plan-panel.tsx";
import { RunButtons } from "./run-buttons.tsx";
import { texts } from "./texts.ts";

const RunTrace = lazy(async () => ({ default: (await import("../run/trace/run-trace.tsx")).RunTrace }));

/** What an agent that plans says of its plan. */
const Proposal = z.object({
  plan: z.nullable(z.unknown()),
  summary: z.string(),
  steps: z.array(z.object({ id: z.string(), title: z.string(), why: z.string() })),
  assumptions: z.array(z.string()),
  questions: z.array(z.string()),
  cost: z.nullable(z.object({ micros: z.number(), known: z.boolean() })),
});
type Proposal = z.infer<typeof Proposal>;

/** A run in which a model plans a goal: what it does while it does it, and the plan that came of it. Nothing of the plan has run. */
export function Planned({ run: id, text, project }: { run: string; text: string; project: string }) {
  const said = useTexts(texts);
  const client = useClient();
  const run = useQuery({ queryKey: [...keys.run(id), "detail"], queryFn: () => client.runs.get(id) });
  const proposal = run.data?.steps
    .map(({ output }) => Proposal.safeParse(output).data)
    .find((one) => one !== undefined);
  const wish = { text, project, proposal: id };
  const answer = useQuery({
    queryKey: ["proposal", id],
    queryFn: () => client.goals.create({ ...wish, explain: true }),
    enabled: run.data?.status === "succeeded" && proposal !== undefined && proposal.plan !== null,
    throwOnError: false,
  });
  if (run.data === undefined) return run.error === null ? <Loading /> : <ErrorNotice error={run.error} />;
  const view = answer.data?.plan ?? null;
  const start = async (plan: NonNullable<GoalAnswer["plan"]>, dryRun: boolean) => {
    if (dryRun) return client.runs.create({ plan: plan.plan, project, dryRun });
    const { run: started } = await client.goals.create(wish);
    if (started === null) throw new Error("A goal that isn't only explained has a run.");
    return started;
  };
  return (
    <>
      <Panel title={said.modelPlans} actions={<RunState status={run.data.status} />}>
        <div className="space-y-3">
          <p className="text-sm">
            <RunLink run={id}>{said.planningRun}</RunLink>
            {proposal?.cost && (
              <span className="text-muted"> {microsText(proposal.cost.micros, proposal.cost.known)}</span>
            )}
          </p>
          {run.data.error !== null && (
            <Notice tone="bad">
              {run.data.error.message} <code className="font-mono text-xs">{run.data.error.code}</code>
            </Notice>
          )}
          {proposal === undefined ? (
            <Suspense fallback={<Loading />}>
              <RunTrace run={run.data} />
            </Suspense>
          ) : (
            <Said proposal={proposal} />
          )}
          {answer.error !== null && <ErrorNotice error={answer.error} />}
        </div>
      </Panel>
      {view !== null && (
        <PlanPanel view={view} project={project}>
          <RunButtons stale={false} denied={view.decision.result === "deny"} start={(dryRun) => start(view, dryRun)} />
        </PlanPanel>
      )}
    </>
  );
}

function Said({ proposal: { summary, steps, assumptions, questions } }: { proposal: Proposal }) {
  const said = useTexts(texts);
  return (
    <div className="space-y-3 text-sm [overflow-wrap:anywhere]">
      <p>{summary}</p>
      {questions.length > 0 && (
        <Notice tone="warn">
          <p>{said.asksFirst}</p>
          <List items={questions} />
        </Notice>
      )}
      {steps.length > 0 && <List items={steps.map(({ title, why }) => `${title}. ${why}`)} />}
      {assumptions.length > 0 && (
        <div>
          <p className="text-muted">{said.assumes}</p>
          <List items={assumptions} />
        </div>
      )}
    </div>
  );
}

function List({ items }: { items: readonly string[] }) {
  return (
    <ul className="list-disc space-y-1 pl-5">
      {items.map((item, index) => (
        <li key={index}>{item}</li>
      ))}
    </ul>
  );
}

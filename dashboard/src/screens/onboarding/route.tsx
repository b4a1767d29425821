import type { OnboardingView } from "@gantry/sdk/api";
import { useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { keys, useClient, useMe } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { CheckList } from "../../ui/check-list.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { runCommand } from "../../ui/run-command.ts";
import { useTexts } from "../../ui/texts.ts";
import { doctorQuery } from "../doctor/query.ts";
import { ChangeStep } from "./change-step.tsx";
import { InviteStep } from "./invite-step.tsx";
import { isFinished, usePutAway } from "./first-steps.ts";
import { progressOf, type Progress, type StepName } from "./progress.ts";
import { ApprovalStep, UndoStep, WatchStep } from "./run-steps.tsx";
import { useSkipped } from "./skipped.ts";
import { StepItem } from "./step-item.tsx";
import { texts } from "./texts.ts";
import type { Example } from "./twin.ts";

/** From an empty installation to a change that somebody else approved, and that was taken back. */
export function OnboardingScreen() {
  const said = useTexts(texts);
  return (
    <Page title={said.title} lead={said.lead}>
      <Steps />
    </Page>
  );
}

function Steps() {
  const said = useTexts(texts);
  const client = useClient();
  const me = useMe();
  const { data } = useSuspenseQuery({
    queryKey: [...keys.runs, "onboarding"],
    queryFn: () => client.onboarding.get(),
  });
  const doctor = useQuery({ ...doctorQuery(client), throwOnError: false });
  useWindowFocus();
  const [changed, setChanged] = useState<Example["parameters"] | null>(null);
  const { example, invitation, run } = data;
  const parameters = changed ?? example?.parameters ?? {};
  const { skipped, set } = useSkipped();
  const all = progressOf(data.steps, { healthy: doctor.data?.ok ?? null, skipped });
  const wanted = all.filter(({ state }) => state !== "skipped");
  const done = wanted.filter(({ state }) => state === "done").length;
  const finished = isFinished(all);
  const { away, put } = usePutAway(data);

  const contents: Record<StepName, (progress: Progress) => { twin: string; content: ReactNode }> = {
    administrator: () => ({
      twin: "npx gantry login",
      content: <p>{said.administrator(me.actor.name, me.organization.name)}</p>,
    }),
    target: ({ state }) => ({
      twin:
        state === "open"
          ? "npx gantry environment create staging --protection guarded"
          : state === "waiting"
            ? "npx gantry up --role worker"
            : "npx gantry environment list",
      content: <p>{targetText(said, state, example)}</p>,
    }),
    preflight: () => ({ twin: "npx gantry doctor", content: <Preflight query={doctor} /> }),
    approver: ({ state }) => ({
      twin: `npx gantry person invite ${invitation?.email ?? "approver@example.com"} --role approver --group approvers`,
      content: <InviteStep done={state === "done"} invitation={invitation} />,
    }),
    change: ({ state }) => ({
      twin:
        example === null ? "npx gantry runbooks list" : runCommand(example.runbook, example.environment, parameters),
      content:
        state === "done" || state === "waiting" ? (
          <p>{said.change.done}</p>
        ) : example === null ? (
          <p>{said.change.none}</p>
        ) : (
          <ChangeStep example={example} parameters={parameters} onChange={setChanged} />
        ),
    }),
    approval: ({ state }) => ({
      twin: `npx gantry approve ${run?.id ?? "<run>"}`,
      content: <ApprovalStep state={state} run={run} />,
    }),
    verified: ({ state }) => ({
      twin: `npx gantry runs watch ${run?.id ?? "<run>"}`,
      content: <WatchStep state={state} run={run} />,
    }),
    undone: ({ state }) => ({
      twin: `npx gantry undo ${run?.id ?? "<run>"} --reason "${said.undone.reason}"`,
      content: <UndoStep state={state} run={run} />,
    }),
    team: ({ state }) => ({
      twin: "npx gantry team create sre",
      content: <p>{state === "done" ? said.team.done : said.team.why}</p>,
    }),
  };

  return (
    <div className="max-w-3xl space-y-4">
      {finished && (
        <Notice tone="good">
          <p>{said.finished}</p>
          <Link to="/compose" className={`${buttonLook()} mt-2`}>
            {said.goOn}
          </Link>
        </Notice>
      )}
      <Panel
        title={said.steps}
        actions={<span className="text-muted text-xs">{said.progress(done, wanted.length)}</span>}
        flush
      >
        <ol className="divide-line divide-y">
          {all.map((progress, index) => {
            const { twin, content } = contents[progress.step](progress);
            return (
              <StepItem key={progress.step} progress={progress} number={index + 1} twin={twin} onSkip={set}>
                {content}
              </StepItem>
            );
          })}
        </ol>
      </Panel>
      {!finished && (
        <p className="text-muted flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
          {away ? said.isAway : said.mayGo}
          <Button small onClick={() => put(!away)}>
            {away ? said.putBack : said.putAway}
          </Button>
        </p>
      )}
    </div>
  );
}

function targetText(said: (typeof texts)["en"], state: Progress["state"], example: OnboardingView["example"]): string {
  if (state === "open") return said.noTarget;
  if (state === "waiting") return said.noWorker;
  return example === null ? said.targetReached : said.target(example.environment, example.project);
}

function Preflight({
  query,
}: {
  query: { data: { checks: Parameters<typeof CheckList>[0]["checks"]; ok: boolean } | undefined; isError: boolean };
}) {
  const said = useTexts(texts).preflight;
  if (query.isError) return <EmptyState title={said.failed} command="npx gantry doctor" />;
  if (query.data === undefined) return <p className="text-muted">{said.looking}</p>;
  const { ok, checks } = query.data;
  return (
    <>
      <p>{ok ? said.fine : said.broken}</p>
      {!ok && <CheckList checks={checks.filter(({ status }) => status === "broken")} />}
      <Link to="/doctor" className="underline">
        {said.all}
      </Link>
    </>
  );
}

/** Somebody joins in another window, which is no event of a run: whoever comes back to this one sees it. */
function useWindowFocus(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const look = (): void => void queries.invalidateQueries({ queryKey: [...keys.runs, "onboarding"] });
    addEventListener("focus", look);
    return () => removeEventListener("focus", look);
  }, [queries]);
}

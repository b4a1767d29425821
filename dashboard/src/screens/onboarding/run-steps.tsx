import type { OnboardingView } from "@gantry/sdk/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys, useClient, useMay } from "../../data/queries.ts";
import { Button, buttonLook } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import type { StepState } from "./progress.ts";
import { texts } from "./texts.ts";

type RunAtHand = NonNullable<OnboardingView["run"]>;
interface Props {
  state: StepState;
  run: RunAtHand | null;
}

/** Who asked sees where the other one decides; the other one gets there. */
export function ApprovalStep({ state, run }: Props) {
  const said = useTexts(texts).approval;
  if (state === "done") return <p>{said.done}</p>;
  if (run === null || state === "open") return <p>{said.later}</p>;
  if (run.status !== "waiting_for_approval")
    return (
      <>
        <p>{said.prepares}</p>
        <Looking run={run} />
      </>
    );
  return <Deciding run={run} why={run.mine ? said.waitsForOther : said.yours} />;
}

export function WatchStep({ state, run }: Props) {
  const said = useTexts(texts).verified;
  const client = useClient();
  const plan = useQuery({
    queryKey: [...keys.run(run?.id ?? ""), "plan"],
    queryFn: () => client.runs.plan(run?.id ?? ""),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: run !== null && run.runbook === "deploy.service" && run.status === "succeeded",
    throwOnError: false,
  });
  if (run === null || (state !== "done" && state !== "waiting")) return <p>{said.later}</p>;
  const port = plan.data?.parameters["port"];
  return (
    <>
      <p>{state === "done" ? said.done : said.now}</p>
      {run.status === "succeeded" && typeof port === "number" && (
        <p>
          {said.answers} <code className="font-mono text-xs">{`http://127.0.0.1:${port}/`}</code>
        </p>
      )}
      <Looking run={run} />
    </>
  );
}

export function UndoStep({ state, run }: Props) {
  const said = useTexts(texts).undone;
  const client = useClient();
  const queries = useQueryClient();
  const may = useMay("run");
  const undo = useMutation({
    mutationFn: (id: string) => client.runs.undo(id, { reason: said.reason }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.runs }),
  });
  if (state === "done") return <p>{said.done}</p>;
  if (run?.status === "waiting_for_approval" && state === "waiting") return <Deciding run={run} why={said.waits} />;
  if (run !== null && state === "waiting")
    return (
      <>
        <p>{said.runs}</p>
        <Looking run={run} />
      </>
    );
  if (run?.status !== "succeeded") return <p>{said.later}</p>;
  return (
    <>
      <p>{said.why}</p>
      {undo.error !== null && <ErrorNotice error={undo.error} />}
      {may && (
        <Button kind="primary" pending={undo.isPending} onClick={() => undo.mutate(run.id)}>
          {said.undo}
        </Button>
      )}
    </>
  );
}

function Deciding({ run, why }: { run: RunAtHand; why: string }) {
  const said = useTexts(texts).run;
  return (
    <>
      <p>{why}</p>
      {run.mine && <Command label={said.forThem}>{`${location.origin}/approvals/${run.id}`}</Command>}
      <Looking run={run} />
    </>
  );
}

function Looking({ run }: { run: RunAtHand }) {
  const said = useTexts(texts).run;
  const decides = !run.mine && run.status === "waiting_for_approval";
  return (
    <p className="flex flex-wrap items-center gap-3">
      <RunState status={run.status} />
      <a
        href={decides ? `/approvals/${run.id}` : `/runs/${run.id}`}
        className={buttonLook(decides ? "primary" : "plain")}
      >
        {decides ? said.decide : said.look}
      </a>
    </p>
  );
}

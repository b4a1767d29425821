import type { RunDetail } from "@gantry/sdk/api";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { actionsOf, type RunAction } from "./actions-of.ts";
import { CopyMenu } from "./copy-menu.tsx";
import { useCommand } from "./run-data.ts";
import { texts } from "./texts.ts";

const ForkDialog = lazy(() => import("./fork-dialog.tsx").then(({ ForkDialog: it }) => ({ default: it })));

const RunbookDialog = lazy(() => import("./runbook-dialog.tsx").then(({ RunbookDialog: it }) => ({ default: it })));

/** What can be done with the run, for who may. Each asks before it does anything. */
export function RunActions({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const mayRun = useMay("run");
  const [asked, ask] = useState<RunAction | null>(null);
  const close = (): void => ask(null);
  return (
    <>
      {mayRun &&
        actionsOf(run).map((action) => (
          <Button
            key={action}
            kind={action === "resume" || action === "retry" ? "primary" : "plain"}
            onClick={() => ask(action)}
          >
            {said.actions[action]}
          </Button>
        ))}
      <CopyMenu run={run} />
      {asked === "fork" && (
        <Suspense>
          <ForkDialog run={run} onClose={close} />
        </Suspense>
      )}
      {asked === "save" && (
        <Suspense>
          <RunbookDialog run={run} onClose={close} />
        </Suspense>
      )}
      {asked === "carry_out" && <CarryOutDialog run={run} onClose={close} />}
      {asked !== null && asked !== "fork" && asked !== "save" && asked !== "carry_out" && (
        <CommandDialog run={run} action={asked} onClose={close} />
      )}
    </>
  );
}

type Asked = Exclude<RunAction, "fork" | "save" | "carry_out">;

function CommandDialog({ run, action, onClose }: { run: RunDetail; action: Asked; onClose(): void }) {
  const said = useTexts(texts);
  const [reason, setReason] = useState("");
  const [undo, setUndo] = useState(false);
  const given = reason.trim() === "" ? null : reason.trim();
  const send = useCommand(run.id, (client) => {
    switch (action) {
      case "pause":
        return client.runs.pause(run.id, { reason: given });
      case "resume":
        return client.runs.resume(run.id, {});
      case "cancel":
        return client.runs.cancel(run.id, { undo, reason: given });
      case "retry":
        return client.runs.retry(run.id, {});
      case "undo":
        return client.runs.undo(run.id, { reason: given ?? "" });
      default:
        return action satisfies never;
    }
  });
  const [title, what] = {
    pause: [said.pauseTitle, said.pauseWhat],
    resume: [said.actions.resume, ""],
    cancel: [said.cancelTitle, said.cancelWhat],
    retry: [said.retryTitle, said.retryWhat],
    undo: [said.undoTitle, said.undoWhat],
  }[action] as [string, string];
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      footer={
        <Button
          kind={action === "cancel" || action === "undo" ? "danger" : "primary"}
          pending={send.isPending}
          disabled={action === "undo" && given === null}
          onClick={() => send.mutate(undefined, { onSuccess: onClose })}
        >
          {said.actions[action]}
        </Button>
      }
    >
      <div className="space-y-3">
        <p className="font-medium [overflow-wrap:anywhere]">
          {run.goal} <span className="text-muted font-normal">({run.environment})</span>
        </p>
        {what !== "" && <p className="text-muted">{what}</p>}
        {action === "undo" && <UndoLimits run={run} />}
        {(action === "pause" || action === "cancel" || action === "undo") && (
          <TextField
            label={said.reason}
            hint={said.why}
            required={action === "undo"}
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        )}
        {action === "cancel" && (
          <CheckField label={said.cancelUndo} checked={undo} onChange={({ target }) => setUndo(target.checked)} />
        )}
        {send.error && <ErrorNotice error={send.error} />}
      </div>
    </Dialog>
  );
}

/** What the approved change set said that an undo can't do: read before it is begun. */
function UndoLimits({ run }: { run: RunDetail }) {
  const said = useTexts(texts);
  const approved = run.changeSets.findLast(({ changeSet }) => changeSet.gate === "run");
  const limits = (approved?.changeSet.undo.steps ?? []).filter(
    ({ possible, limits: some }) => !possible || some.length > 0,
  );
  if (limits.length === 0) return null;
  return (
    <Notice tone="warn">
      <p>{said.undoLimits}</p>
      <ul className="mt-1 list-disc pl-4">
        {limits.map(({ step, how, limits: some }) => (
          <li key={step}>
            <span className="font-mono">{step}</span>: {[how, ...some].join(" ")}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function CarryOutDialog({ run, onClose }: { run: RunDetail; onClose(): void }) {
  const said = useTexts(texts);
  const navigate = useNavigate();
  const send = useCommand(run.id, async (client) => {
    const { id } = await client.runs.real(run.id, {});
    onClose();
    await navigate({ to: "/runs/$run", params: { run: id } });
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.carryOutTitle}
      footer={
        <Button kind="primary" pending={send.isPending} onClick={() => send.mutate(undefined)}>
          {said.actions.carry_out}
        </Button>
      }
    >
      <p className="font-medium">{run.goal}</p>
      <p className="text-muted mt-2">{said.carryOutWhat}</p>
      {send.error && <ErrorNotice error={send.error} />}
    </Dialog>
  );
}

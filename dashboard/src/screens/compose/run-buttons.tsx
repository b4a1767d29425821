import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { RunSummary } from "@gantry/sdk/api";
import { useMay } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

/** Starts what the plan shows, or only a dry run of it, and goes to the run. */
export function RunButtons({
  start,
  stale,
  denied,
  rehearse = false,
  onSave,
}: {
  start(dryRun: boolean): Promise<RunSummary>;
  /** Something was changed since the plan was made. */
  stale: boolean;
  denied: boolean;
  /** The dry run is what is wanted here. */
  rehearse?: boolean;
  /** Absent: there is no runbook in it that could start by itself. */
  onSave?: () => void;
}) {
  const said = useTexts(texts);
  const navigate = useNavigate();
  const mayRun = useMay("run");
  const run = useMutation({
    mutationFn: start,
    onSuccess: ({ id }) => void navigate({ to: `/runs/${id}` }),
  });
  if (!mayRun) return <Notice tone="info">{said.mayNotRun}</Notice>;
  const pending = (dryRun: boolean): boolean => run.isPending && run.variables === dryRun;
  const blocked = stale || run.isPending;
  return (
    <div className="space-y-3">
      {stale && <Notice tone="warn">{said.stale}</Notice>}
      {run.error !== null && <ErrorNotice error={run.error} />}
      <div className="flex flex-wrap gap-2">
        {!rehearse && (
          <Button
            kind="primary"
            disabled={blocked || denied}
            pending={pending(false)}
            onClick={() => run.mutate(false)}
          >
            {pending(false) ? said.starting : said.run}
          </Button>
        )}
        <Button
          kind={rehearse ? "primary" : "plain"}
          disabled={blocked}
          pending={pending(true)}
          onClick={() => run.mutate(true)}
        >
          {pending(true) ? said.starting : said.dryRun}
        </Button>
        {!rehearse && onSave !== undefined && (
          <Button kind="quiet" disabled={blocked} onClick={onSave}>
            {said.save}
          </Button>
        )}
      </div>
      <p className="text-muted text-xs">{said.dryRunHint}</p>
    </div>
  );
}

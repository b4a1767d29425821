import { bulkLimit, type BulkActionView, type BulkCommand, type BulkFilter, type RunSummary } from "@gantry/sdk/api";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../data/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CheckField, TextField } from "../../ui/field.tsx";
import { ErrorNotice } from "../../ui/notice.tsx";
import { RunState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

export interface BulkChoice {
  action: BulkCommand["action"];
  selected: readonly string[];
  /** What the list is narrowed by; empty: nothing. */
  filter: BulkFilter;
}

type Frozen = BulkActionView & { sample: RunSummary[] };

/** One command to many runs, in two steps: the list is frozen and shown, then confirmed by its count. */
export function BulkDialog({
  choice,
  onClose,
  onConfirmed,
}: {
  choice: BulkChoice;
  onClose(): void;
  onConfirmed(bulk: string): void;
}) {
  const said = useTexts(texts);
  const client = useClient();
  const { action, selected, filter } = choice;
  const [all, setAll] = useState(false);
  const [reason, setReason] = useState("");
  const [undo, setUndo] = useState(false);
  const [typed, setTyped] = useState("");
  const freeze = useMutation({
    mutationFn: (): Promise<Frozen> =>
      client.bulkActions.create({
        command: commandOf(action, reason.trim(), undo),
        filter: all ? filter : { runs: [...selected] },
      }),
  });
  const confirm = useMutation({
    mutationFn: ({ id, count }: Frozen) => client.bulkActions.confirm(id, count),
    onSuccess: ({ id }) => onConfirmed(id),
  });
  const frozen = freeze.data;
  const word = said.commands[action];
  const submit = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    if (frozen === undefined) freeze.mutate();
    else if (typed.trim() === String(frozen.count)) confirm.mutate(frozen);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.dialogTitle(word)}
      footer={
        frozen === undefined ? (
          <Button
            kind="primary"
            type="submit"
            form="bulk"
            pending={freeze.isPending}
            disabled={(action === "undo" && reason.trim() === "") || (!all && selected.length > bulkLimit)}
          >
            {said.freeze}
          </Button>
        ) : (
          <Button
            kind={action === "cancel" || action === "undo" ? "danger" : "primary"}
            type="submit"
            form="bulk"
            pending={confirm.isPending}
            disabled={typed.trim() !== String(frozen.count)}
          >
            {said.confirm(word, frozen.count)}
          </Button>
        )
      }
    >
      <form id="bulk" onSubmit={submit} className="space-y-3">
        {frozen === undefined ? (
          <>
            <Scope choice={choice} all={all} onChange={setAll} />
            {action === "cancel" && (
              <CheckField label={said.undoToo} checked={undo} onChange={({ target }) => setUndo(target.checked)} />
            )}
            {(action === "cancel" || action === "pause" || action === "undo") && (
              <TextField
                label={said.reason}
                hint={said.reasonKept}
                required={action === "undo"}
                maxLength={1_000}
                value={reason}
                onChange={({ target }) => setReason(target.value)}
              />
            )}
            <p className="text-muted">{said.freezeWhy}</p>
            {freeze.error !== null && <ErrorNotice error={freeze.error} />}
          </>
        ) : (
          <>
            <FrozenList frozen={frozen} left={all ? 0 : selected.length - frozen.count} />
            <TextField
              label={said.typeCount(frozen.count)}
              inputMode="numeric"
              value={typed}
              hint={said.keepLooking}
              onChange={({ target }) => setTyped(target.value)}
            />
            {confirm.error !== null && <ErrorNotice error={confirm.error} />}
          </>
        )}
      </form>
    </Dialog>
  );
}

function Scope({ choice, all, onChange }: { choice: BulkChoice; all: boolean; onChange(all: boolean): void }) {
  const said = useTexts(texts);
  const narrowed = Object.keys(choice.filter).length > 0;
  return (
    <fieldset className="space-y-1.5">
      <legend className="mb-1 font-medium">{said.scope}</legend>
      <label className="flex items-start gap-2">
        <input
          type="radio"
          name="scope"
          className="accent-accent mt-0.5 size-4"
          checked={!all}
          onChange={() => onChange(false)}
        />
        {said.scopeSelected(choice.selected.length)}
      </label>
      <label className="flex items-start gap-2">
        <input
          type="radio"
          name="scope"
          className="accent-accent mt-0.5 size-4"
          checked={all}
          disabled={!narrowed}
          onChange={() => onChange(true)}
        />
        {said.scopeFilter}
      </label>
      <p className="text-muted text-xs">{narrowed ? said.tooMany(bulkLimit) : said.noFilter}</p>
    </fieldset>
  );
}

function FrozenList({ frozen, left }: { frozen: Frozen; left: number }) {
  const said = useTexts(texts);
  return (
    <>
      <p className="font-semibold">{said.frozen(said.commands[frozen.command.action], frozen.count)}</p>
      <ul className="border-line divide-line divide-y rounded-md border">
        {frozen.sample.map((run) => (
          <li key={run.id} className="flex min-w-0 items-center gap-2 px-2 py-1.5">
            <span className="min-w-0 flex-1 truncate" title={run.goal}>
              {run.goal}
            </span>
            <span className="text-muted text-xs">{run.environment}</span>
            <RunState status={run.status} />
          </li>
        ))}
      </ul>
      {frozen.count > frozen.sample.length && (
        <p className="text-muted">{said.andMore(frozen.count - frozen.sample.length)}</p>
      )}
      {left > 0 && <p className="text-warn">{said.leftOut(left)}</p>}
    </>
  );
}

function commandOf(action: BulkCommand["action"], text: string, undo: boolean): BulkCommand {
  const reason = text === "" ? null : text;
  switch (action) {
    case "cancel":
      return { action, undo, reason };
    case "pause":
      return { action, reason };
    case "undo":
      return { action, reason: text };
    default:
      return { action };
  }
}

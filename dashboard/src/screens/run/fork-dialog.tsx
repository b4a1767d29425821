import type { Json } from "@gantry/sdk";
import type { ForkRun, RunDetail } from "@gantry/sdk/api";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CheckField, SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { ErrorNotice, Notice } from "../../ui/notice.tsx";
import { useTexts } from "../../ui/texts.ts";
import { editOf, leavesOf, shownLeaf, stepsAnew, type Leaf } from "./fork-edits.ts";
import { jsonOr } from "./json-text.ts";
import { useCommand, usePlan, useRunSearch } from "./run-data.ts";
import { firstOfInterest } from "./step-nodes.ts";
import { texts } from "./texts.ts";

/** A new run from a step of this one, with other inputs where somebody types them. */
export function ForkDialog({ run, onClose }: { run: RunDetail; onClose(): void }) {
  const said = useTexts(texts);
  const plan = usePlan(run.id);
  const navigate = useNavigate();
  const [search] = useRunSearch();
  const ids = plan.steps.map(({ id }) => id);
  const wanted = (search.step ?? firstOfInterest(run.steps) ?? "").replace(/\[\d+\]$/, "");
  const [from, setFrom] = useState(ids.includes(wanted) ? wanted : (ids[0] ?? ""));
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [items, setItems] = useState("");
  const [goal, setGoal] = useState("");
  const [dryRun, setDryRun] = useState(false);
  // What hadn't succeeded is carried out as well, wherever it stands.
  const settled = new Set(
    run.steps.filter(({ status }) => status === "succeeded" || status === "skipped").map(({ key }) => key),
  );
  const behind = new Set(
    stepsAnew(
      run.steps.filter(({ key, id }) => key === id),
      from,
    ),
  );
  const again = ids.filter((id) => behind.has(id) || !settled.has(id));
  const kept = ids.filter((id) => !again.includes(id));
  const standing = again.filter((id) => run.steps.some((step) => step.id === id && takesEffectStill(step)));
  const loop = plan.steps.find(({ id }) => id === from)?.each !== undefined;
  const list = jsonOr(items);
  const badItems = loop && items.trim() !== "" && !Array.isArray(list);
  const set = plan.steps
    .filter(({ id }) => again.includes(id))
    .flatMap((step) => leavesOf(step).map((leaf) => editOf(leaf, typed[fieldOf(leaf)] ?? shownLeaf(leaf))))
    .filter((edit) => edit !== null);
  const fork = useCommand(run.id, async (client, body: ForkRun) => {
    const { id } = await client.runs.fork(run.id, body);
    // Closed before the page turns to the other run: who waits for that run hears of no success any more.
    onClose();
    await navigate({ to: "/runs/$run", params: { run: id }, search: {} });
  });
  const start = (): void => {
    const each = loop && Array.isArray(list) ? { each: list as Json } : {};
    fork.mutate({ from, set, dryRun, ...each, ...(goal.trim() === "" ? {} : { goal: goal.trim() }) });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={said.forkTitle}
      wide
      footer={
        <Button kind="primary" pending={fork.isPending} disabled={badItems} onClick={start}>
          {dryRun ? said.forkDryStart : said.forkStart}
        </Button>
      }
    >
      <div className="space-y-4">
        <p className="text-muted">{said.forkWhat}</p>
        <SelectField
          label={said.forkFrom}
          value={from}
          onChange={({ target }) => setFrom(target.value)}
          options={plan.steps.map(({ id, title }) => ({
            value: id,
            label: title === undefined ? id : `${title} (${id})`,
          }))}
        />
        <div className="text-sm">
          {kept.length > 0 && <p className="text-muted">{said.forkKept(kept.join(", "))}</p>}
          <p>{said.forkAgain(again.join(", "))}</p>
        </div>
        {standing.length > 0 && <Notice tone="warn">{said.forkStanding(standing.join(", "))}</Notice>}
        {loop && (
          <TextArea
            label={said.forkItems}
            error={badItems ? said.badItems : null}
            value={items}
            onChange={({ target }) => setItems(target.value)}
            className="font-mono"
          />
        )}
        {plan.steps
          .filter(({ id }) => again.includes(id))
          .map((step) => (
            <Inputs
              key={step.id}
              step={step.id}
              leaves={leavesOf(step)}
              open={step.id === from}
              typed={typed}
              onType={(field, value) => setTyped((before) => ({ ...before, [field]: value }))}
            />
          ))}
        <TextField
          label={said.forkGoal}
          placeholder={run.goal}
          value={goal}
          onChange={({ target }) => setGoal(target.value)}
        />
        <CheckField label={said.forkDry} checked={dryRun} onChange={({ target }) => setDryRun(target.checked)} />
        {fork.error && <ErrorNotice error={fork.error} />}
      </div>
    </Dialog>
  );
}

function Inputs({
  step,
  leaves,
  open,
  typed,
  onType,
}: {
  step: string;
  leaves: readonly Leaf[];
  open: boolean;
  typed: Readonly<Record<string, string>>;
  onType(field: string, value: string): void;
}) {
  const said = useTexts(texts);
  return (
    <details open={open} className="border-line rounded-md border">
      <summary className="px-3 py-2 text-sm font-medium">{said.forkInputs(step)}</summary>
      <div className="grid gap-3 px-3 pb-3 sm:grid-cols-2">
        {leaves.length === 0 && <p className="text-muted text-sm">{said.forkNone}</p>}
        {leaves.map((leaf) => (
          <TextField
            key={leaf.name}
            label={leaf.name}
            {...(leaf.reference === null ? {} : { placeholder: said.forkReference(leaf.reference) })}
            value={typed[fieldOf(leaf)] ?? shownLeaf(leaf)}
            onChange={({ target }) => onType(fieldOf(leaf), target.value)}
            className="font-mono"
          />
        ))}
      </div>
    </details>
  );
}

function fieldOf({ step, name }: Leaf): string {
  return `${step}:${name}`;
}

function takesEffectStill({ effect, attempts, undo, fact }: RunDetail["steps"][number]): boolean {
  if (fact !== null || undo?.status === "done" || (effect !== "changes" && effect !== "destroys")) return false;
  return attempts.some(({ operation }) => operation === "run");
}

import type { ChangeSetEntry } from "@gantry/sdk";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { DiffView } from "../../ui/diff/diff-view.tsx";
import { useTexts } from "../../ui/texts.ts";
import { Counts, Fact } from "./summary.tsx";
import { texts } from "./texts.ts";

const atFirst = 12;

/** What each step would do, in a sentence, and closely for whoever wants. */
export function Entries({ entries }: { entries: readonly ChangeSetEntry[] }) {
  const said = useTexts(texts);
  const [all, setAll] = useState(false);
  const shown = all ? entries : entries.slice(0, atFirst);
  return (
    <Fact title={said.steps}>
      <ol className="border-line divide-line divide-y rounded-md border">
        {shown.map((entry) => (
          <li key={entry.step} className="space-y-1 px-3 py-2">
            <Entry entry={entry} only={entries.length === 1} />
          </li>
        ))}
      </ol>
      {shown.length < entries.length && (
        <Button kind="quiet" small onClick={() => setAll(true)}>
          {said.moreSteps(entries.length - shown.length)}
        </Button>
      )}
    </Fact>
  );
}

/** `only`: what is counted stands above already. */
function Entry({ entry, only }: { entry: ChangeSetEntry; only: boolean }) {
  const said = useTexts(texts);
  const { preview } = entry;
  const notes = [...(entry.conditional ? [said.conditional] : []), ...(entry.deferred ? [said.deferred] : [])];
  const hasDiff = preview !== null && ((preview.diff ?? "") !== "" || (preview.changes ?? []).length > 0);
  return (
    <>
      <p className="font-medium">{preview?.summary ?? entry.title}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {preview !== null && !only && <Counts counts={preview.counts} effect={entry.effect} />}
        <span className="text-muted font-mono text-xs">{said.step(entry.step, entry.tool)}</span>
      </div>
      {preview === null && <p className="text-warn text-xs">{said.noPreview}</p>}
      {notes.length > 0 && <p className="text-muted text-xs">{notes.join("; ")}</p>}
      {hasDiff && (
        <details>
          <summary className="text-accent text-xs">{said.closely}</summary>
          <div className="mt-2">
            <DiffView
              text={preview.diff ?? ""}
              {...(preview.changes === undefined ? {} : { changes: preview.changes })}
            />
          </div>
        </details>
      )}
    </>
  );
}

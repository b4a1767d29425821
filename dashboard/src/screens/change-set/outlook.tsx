import type { ChangeSet } from "@gantry/sdk";
import { useTexts } from "../../ui/texts.ts";
import { outlookOf } from "./facts.ts";
import { Fact } from "./summary.tsx";
import { texts } from "./texts.ts";

/** What happens if it fails, how it is undone, and what can't be. */
export function Outlook({ changeSet }: { changeSet: ChangeSet }) {
  const said = useTexts(texts);
  const isUndo = changeSet.gate === "undo";
  const { possible, limits } = outlookOf(changeSet.undo);
  const nothing = changeSet.undo.steps.length === 0;
  const how = nothing ? said.undoNothing : changeSet.undo.automatic ? said.undoSelf : said.undoAsked;
  return (
    <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
      <Fact title={said.fails}>
        <p>{isUndo ? said.failsUndo : changeSet.undo.automatic ? said.failsUndone : said.failsStays}</p>
      </Fact>
      <Fact title={isUndo ? said.undoNow : said.undo}>
        {!isUndo && <p>{how}</p>}
        <ul className="text-muted mt-1 list-disc space-y-0.5 pl-4">
          {possible.map((one) => (
            <li key={one.step}>
              <span className="font-mono text-xs">{one.step}</span>: {one.how}
            </li>
          ))}
        </ul>
        {limits.length === 0 && !nothing && !isUndo && <p className="text-good mt-1">{said.canAll}</p>}
      </Fact>
      {limits.length > 0 && (
        <div className="bg-bad-soft text-bad rounded-md px-3 py-2 sm:col-span-2">
          <h3 className="mb-1 text-sm font-semibold">{said.cannot}</h3>
          <ul className="list-disc space-y-0.5 pl-4 text-sm [overflow-wrap:anywhere]">
            {limits.map(({ step, text }) => (
              <li key={`${step} ${text}`}>
                <span className="font-mono text-xs">{step}</span>: {text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

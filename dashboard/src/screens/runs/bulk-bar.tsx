import type { BulkCommand, BulkFilter } from "@gantry/sdk/api";
import { Link } from "@tanstack/react-router";
import { Button, buttonLook } from "../../ui/button.tsx";
import { useTexts } from "../../ui/texts.ts";
import type { BulkChoice } from "./bulk-dialog.tsx";
import { texts } from "./texts.ts";

const actions: readonly BulkCommand["action"][] = ["pause", "resume", "cancel", "retry", "undo"];

/** What can be done with the selected runs. */
export function BulkBar({
  selected,
  filter,
  mayRun,
  onClear,
  onChoose,
}: {
  selected: readonly string[];
  filter: BulkFilter;
  mayRun: boolean;
  onClear(): void;
  onChoose(choice: BulkChoice): void;
}) {
  const said = useTexts(texts);
  const [a, b] = selected;
  return (
    <section
      aria-label={said.actions}
      className="bg-raised border-line mb-2 flex flex-wrap items-center gap-2 rounded-md border px-3 py-1.5"
    >
      <p role="status" className="mr-2 text-sm font-medium">
        {said.selected(selected.length)}
      </p>
      {mayRun &&
        actions.map((action) => (
          <Button key={action} small onClick={() => onChoose({ action, selected, filter })}>
            {said.commands[action]}
          </Button>
        ))}
      {selected.length === 2 && (
        <Link to="/compare" search={{ a, b }} className={buttonLook("plain", true)}>
          {said.compare}
        </Link>
      )}
      <Button kind="quiet" small onClick={onClear}>
        {said.clearSelection}
      </Button>
    </section>
  );
}

import type { StepView } from "@gantry/sdk/api";
import { classNames } from "../../ui/class-names.ts";
import { shownStatus, StepState } from "../../ui/run-state.tsx";
import { useTexts } from "../../ui/texts.ts";
import { duration, useNow } from "../../ui/time.tsx";
import { VirtualRows } from "../../ui/virtual-rows.tsx";
import { texts } from "./texts.ts";

/** Steps in the order of the plan, a line each. */
export function StepList({
  steps,
  chosen,
  onChoose,
}: {
  steps: readonly StepView[];
  chosen: string | undefined;
  onChoose(key: string): void;
}) {
  const said = useTexts(texts);
  const now = useNow(1_000);
  return (
    <VirtualRows
      items={steps}
      height={44}
      label={said.stepsLabel}
      keyOf={({ key }) => key}
      show={chosen}
      row={(step) => (
        <button
          type="button"
          aria-pressed={step.key === chosen}
          onClick={() => onChoose(step.key)}
          className={classNames(
            "border-line flex h-full w-full items-center gap-2 border-b px-3 text-left text-sm",
            step.key === chosen ? "bg-info-soft" : "hover:bg-hover",
            step.key !== step.id && "pl-7",
          )}
        >
          <StepState status={shownStatus(step)} />
          <span className="min-w-0 flex-1 truncate">{step.key === step.id ? step.title : step.key}</span>
          <span className="text-muted truncate font-mono text-xs max-sm:hidden">{step.tool ?? step.kind}</span>
          <span className="text-muted shrink-0 text-xs">{timeOf(step, now)}</span>
        </button>
      )}
    />
  );
}

/** What its attempts took together. */
function timeOf({ attempts }: StepView, now: number): string {
  if (attempts.length === 0) return "";
  const times = attempts.map(
    ({ startedAt, endedAt }) => (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt),
  );
  return duration(times.reduce((sum, time) => sum + Math.max(0, time), 0));
}

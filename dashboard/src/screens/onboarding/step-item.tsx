import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/command.tsx";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { optional, type Progress, type StepState } from "./progress.ts";
import { texts } from "./texts.ts";

const looks: Record<StepState, readonly [Tone, Shape]> = {
  done: ["good", "check"],
  waiting: ["attention", "hourglass"],
  open: ["idle", "ring"],
  skipped: ["idle", "dash"],
};

/** A step, open where there is something to do; the others open by their heading. */
export function StepItem({
  progress: { step, state, current },
  number,
  twin,
  onSkip,
  children,
}: {
  progress: Progress;
  number: number;
  /** The command that does the same. */
  twin: string;
  onSkip(step: Progress["step"], skip: boolean): void;
  children: ReactNode;
}) {
  const said = useTexts(texts);
  const [tone, shape] = looks[state];
  return (
    <li>
      <details key={String(current)} open={current} className="group">
        <summary className="hover:bg-hover flex min-h-11 items-center gap-3 rounded-md px-3 py-2 select-none">
          <span aria-hidden="true" className="text-muted w-4 text-right text-xs">
            {number}
          </span>
          <span className="min-w-0 flex-1 text-sm">
            <span className="font-medium">{said.titles[step]}</span>
            {optional.has(step) && <span className="text-muted ml-2 text-xs">{said.optional}</span>}
          </span>
          <StateMark tone={tone} shape={shape} word={said.states[state]} />
          <svg viewBox="0 0 12 12" aria-hidden="true" className="text-muted size-3 group-open:rotate-90">
            <path d="m4 2 4 4-4 4" fill="none" stroke="currentColor" strokeWidth="1.6" />
          </svg>
        </summary>
        <div className="space-y-3 px-3 pt-1 pb-4 text-sm sm:pl-10">
          {children}
          <Command label={said.twin}>{twin}</Command>
          {optional.has(step) && state !== "done" && (
            <Button kind="quiet" small onClick={() => onSkip(step, state !== "skipped")}>
              {state === "skipped" ? said.unskip : said.skip}
            </Button>
          )}
        </div>
      </details>
    </li>
  );
}

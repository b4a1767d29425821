import type { ChangeSet, Effect, Risk } from "@gantry/sdk";
import type { ChangeSetView } from "@gantry/sdk/api";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { visible } from "../../ui/diff/visible.ts";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

/** A small heading with what belongs below it. */
export function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0 text-sm [overflow-wrap:anywhere]">
      <h3 className="text-muted mb-1 text-xs font-medium">{title}</h3>
      {children}
    </div>
  );
}

/** How much is added, changed and destroyed; what destroys stands out. */
export function Counts({ counts, effect }: { counts: ChangeSet["counts"]; effect: Effect }) {
  const said = useTexts(texts);
  const words = said.counts(counts);
  const shown = [
    { count: counts.add, word: words.add, tone: "good", shape: "ring" },
    { count: counts.change, word: words.change, tone: "info", shape: "dots" },
    { count: counts.destroy, word: words.destroy, tone: "bad", shape: "cross" },
  ] as const;
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      {shown.map(({ count, word, tone, shape }) =>
        count === 0 ? null : <StateMark key={word} tone={tone} shape={shape} word={word} />,
      )}
      <span className="text-muted text-xs">
        {counts.add + counts.change + counts.destroy === 0 && `${said.noCounts}, `}
        {said.effects[effect]}
      </span>
    </span>
  );
}

const risks: Record<Risk["level"], readonly [Tone, Shape]> = {
  low: ["good", "ring"],
  medium: ["attention", "diamond"],
  high: ["bad", "diamond"],
  critical: ["bad", "stop"],
};

export function RiskMark({ level }: { level: Risk["level"] }) {
  const [tone, shape] = risks[level];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).risk[level]} />;
}

const states: Record<ChangeSetView["status"], readonly [Tone, Shape]> = {
  open: ["attention", "diamond"],
  approved: ["good", "check"],
  rejected: ["bad", "cross"],
  expired: ["idle", "hourglass"],
  voided: ["idle", "dash"],
  previewed: ["good", "dots"],
};

export function ChangeSetState({ status }: { status: ChangeSetView["status"] }) {
  const [tone, shape] = states[status];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts).states[status]} />;
}

const touchesAtFirst = 8;

/** The blast radius. */
export function Touches({ radius }: { radius: ChangeSet["blastRadius"] }) {
  const said = useTexts(texts);
  const [all, setAll] = useState(false);
  const shown = all ? radius.touches : radius.touches.slice(0, touchesAtFirst);
  const hidden = radius.touches.length - shown.length;
  return (
    <>
      {shown.length === 0 && <p>{said.touchesNothing}</p>}
      <ul className="font-mono text-xs leading-5">
        {shown.map((name) => (
          <li key={name}>{visible(name)}</li>
        ))}
      </ul>
      <p className="text-muted text-xs">{said.touchesIn(radius.environment)}</p>
      {hidden > 0 && (
        <Button kind="quiet" small onClick={() => setAll(true)}>
          {said.touchesMore(hidden)}
        </Button>
      )}
      {hidden === 0 && radius.omitted > 0 && <p className="text-muted text-xs">+{radius.omitted}</p>}
    </>
  );
}

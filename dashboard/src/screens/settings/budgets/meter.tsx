import type { BudgetView } from "@gantry/sdk/api";
import { StateMark, type Shape, type Tone } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { standingOf, type Standing } from "./standing.ts";
import { texts } from "./texts.ts";
import { useAmountText } from "./use-amount-text.ts";

/** How much of a budget is used, and how much set aside, of what there is. */
export function Meter({ of: budget }: { of: BudgetView }) {
  const said = useTexts(texts);
  const text = useAmountText();
  const { amount, spent, reserved } = budget;
  const share = (part: number): string => `${amount === 0 ? 100 : Math.min(100, (part / amount) * 100)}%`;
  return (
    <div className="max-w-72">
      <p>{said.usedOf(text(budget, spent), text(budget, amount))}</p>
      <div aria-hidden className="bg-sunken mt-1 flex h-1.5 overflow-hidden rounded-sm">
        <div className={standingOf(budget) === "used_up" ? "bg-bad" : "bg-accent"} style={{ width: share(spent) }} />
        <div className="bg-warn" style={{ width: share(reserved) }} />
      </div>
    </div>
  );
}

const marks: Record<Standing, readonly [Tone, Shape]> = {
  open: ["good", "check"],
  near: ["attention", "hourglass"],
  held: ["attention", "pause"],
  used_up: ["bad", "stop"],
};

export function StandingMark({ of: budget }: { of: BudgetView }) {
  const said = useTexts(texts);
  const standing = standingOf(budget);
  const [tone, shape] = marks[standing];
  return <StateMark tone={tone} shape={shape} word={said.standings[standing]} />;
}

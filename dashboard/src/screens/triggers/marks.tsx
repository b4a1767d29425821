import type { OccurrenceOutcome } from "@gantry/sdk/api";
import { StateMark } from "../../ui/state-mark.tsx";
import { useTexts } from "../../ui/texts.ts";
import { texts } from "./texts.ts";

export function TriggerState({ paused }: { paused: boolean }) {
  const { state } = useTexts(texts);
  return paused ? (
    <StateMark tone="attention" shape="pause" word={state.paused} />
  ) : (
    <StateMark tone="good" shape="play" word={state.active} />
  );
}

/** Nothing wrong, and no run came of it. */
const calm: readonly OccurrenceOutcome[] = ["filtered", "paused", "frozen", "duplicate"];

/** What became of something that a trigger saw. */
export function OutcomeMark({ outcome }: { outcome: OccurrenceOutcome }) {
  const word = useTexts(texts).outcomes[outcome];
  if (outcome === "fired") return <StateMark tone="good" shape="check" word={word} />;
  if (calm.includes(outcome)) return <StateMark tone="idle" shape="dash" word={word} />;
  return <StateMark tone="bad" shape="cross" word={word} />;
}

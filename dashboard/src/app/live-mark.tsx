import { useLiveState } from "../data/queries.ts";
import { StateMark, type Shape, type Tone } from "../ui/state-mark.tsx";
import type { LiveState } from "../data/live.ts";
import { useTexts } from "../ui/texts.ts";

const looks: Record<LiveState, readonly [Tone, Shape]> = {
  live: ["good", "dots"],
  connecting: ["attention", "hourglass"],
  off: ["idle", "pause"],
  ended: ["bad", "cross"],
};

/** Whether what is on the screen follows what happens. */
export function LiveMark() {
  const state = useLiveState();
  const said = useTexts(texts);
  const [tone, shape] = looks[state];
  return (
    <span role="status" className="max-sm:[&_span]:text-[0]">
      <StateMark tone={tone} shape={shape} word={said[state]} />
    </span>
  );
}

const texts: { en: Record<LiveState, string> } = {
  en: { live: "Live", connecting: "Connecting", off: "Paused", ended: "Not live; reload" },
};

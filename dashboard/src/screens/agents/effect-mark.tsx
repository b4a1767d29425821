import type { AgentView } from "@gantry/sdk/api";
import { StateMark, type Shape, type Tone } from "../../ui/state-mark.tsx";
import { useTexts, type Texts } from "../../ui/texts.ts";

type Effect = AgentView["tools"][number]["effect"];

const looks: Record<Effect, readonly [Tone, Shape]> = {
  reads: ["idle", "ring"],
  drafts: ["info", "dots"],
  changes: ["attention", "diamond"],
  destroys: ["bad", "cross"],
};

/** For graphs, which draw states themselves. */
export function useEffectLooks(): Record<Effect, { tone: Tone; shape: Shape; state: string }> {
  const words = useTexts(texts);
  const look = (effect: Effect) => ({ tone: looks[effect][0], shape: looks[effect][1], state: words[effect] });
  return { reads: look("reads"), drafts: look("drafts"), changes: look("changes"), destroys: look("destroys") };
}

/** What a tool may do at most. */
export function EffectMark({ effect }: { effect: Effect }) {
  const [tone, shape] = looks[effect];
  return <StateMark tone={tone} shape={shape} word={useTexts(texts)[effect]} />;
}

const texts: Texts<Record<Effect, string>> = {
  en: { reads: "reads", drafts: "drafts", changes: "changes", destroys: "destroys" },
};

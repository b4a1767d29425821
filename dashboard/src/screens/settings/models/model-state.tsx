import type { ModelView } from "@gantry/sdk/api";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { texts } from "./texts.ts";

export function ModelState({ refused }: Pick<ModelView, "refused">) {
  const said = useTexts(texts);
  return refused === null ? (
    <StateMark tone="good" shape="check" word={said.ready} />
  ) : (
    <StateMark tone="attention" shape="stop" word={refused} />
  );
}

import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";

/** Whether somebody may come in. */
export function ActorState({ actor: { disabledAt } }: { actor: { disabledAt: string | null } }) {
  const said = useTexts(texts);
  return disabledAt === null ? (
    <StateMark tone="good" shape="check" word={said.active} />
  ) : (
    <StateMark tone="idle" shape="stop" word={said.disabled} />
  );
}

const texts = { en: { active: "active", disabled: "disabled" } };

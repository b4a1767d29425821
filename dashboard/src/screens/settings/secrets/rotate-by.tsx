import type { SecretView } from "@gantry/sdk/api";
import { StateMark } from "../../../ui/state-mark.tsx";
import { useTexts } from "../../../ui/texts.ts";
import { Time, useNow } from "../../../ui/time.tsx";
import { texts } from "./texts.ts";

/** When a secret ought to be replaced, and whether that is over. */
export function RotateBy({ of: { rotateBy } }: { of: SecretView }) {
  const said = useTexts(texts);
  const now = useNow(60_000);
  if (rotateBy === null) return <span className="text-muted">{said.nobodySaid}</span>;
  return (
    <>
      <Time at={rotateBy} />{" "}
      {Date.parse(rotateBy) < now && <StateMark tone="attention" shape="question" word={said.overdue} />}
    </>
  );
}

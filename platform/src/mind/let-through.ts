import type { Json } from "@gantry/sdk";
import type { ModelAnswer } from "../models/types.ts";
import { judge, type Verdict } from "./answers.ts";
import { fromModel, isDraft } from "./guards.ts";
import type { Seen } from "./types.ts";
import type { MindDeps, Thinking } from "./types.ts";

/** An answer as it is noted: what the guardrails let through of it. `accepted`: it ends the thinking, so nobody has to judge it again. */
export interface NotedAnswer extends ModelAnswer {
  accepted?: boolean;
}

/** What is noted of an answer. Inputs of calls stay as they are: they are what is carried out, or proposed. */
export function letThrough(
  answer: ModelAnswer,
  thinking: Thinking,
  { seen, guards }: { seen: Seen; guards: MindDeps["guards"] | undefined },
): NotedAnswer {
  const { finish, text, output } = answer;
  const refused = finish === "refused" || finish === "filtered";
  const verdict = refused ? null : judge(answer, thinking.output, thinking.check);
  if (verdict?.kind !== "done") {
    // A draft that is sent back goes on from where it was, addresses included.
    if (verdict?.kind === "unusable" && isDraft(thinking.task)) return answer;
    const guarded = fromModel({ text, output: output ?? null }, thinking, seen, guards);
    return { ...answer, ...guarded };
  }
  const said = fromModel({ text, output: verdict.output }, thinking, seen, guards);
  return { ...answer, text: said.text, output: said.output, accepted: true };
}

/** What follows from a noted answer. @throws AnswerRefusedError */
export function judgeNoted(answer: NotedAnswer, { output, check }: Thinking): Verdict {
  const accepted: Json = answer.output ?? null;
  return answer.accepted === true ? { kind: "done", output: accepted } : judge(answer, output, check);
}

import type { AnswerPart } from "@gantry/sdk/api";
import { useEffect, useState } from "react";
import { useClient } from "../../../data/queries.ts";

export interface LiveAnswer {
  step: string;
  thought: string;
  turn: number;
  text: string;
  tools: readonly string[];
}

/** What the run's models say while they say it, as long as the run goes on. Turns that the history has are left out by who shows them. */
export function useLiveAnswers(run: string, { after, active }: { after: number; active: boolean }): LiveAnswer[] {
  const client = useClient();
  const [answers, setAnswers] = useState<ReadonlyMap<string, LiveAnswer>>(new Map());
  // The history is read elsewhere: only what comes from now on is of interest.
  const [from] = useState(after);
  useEffect(() => {
    if (!active) return;
    const stop = new AbortController();
    const listen = async (): Promise<void> => {
      for await (const item of client.runs.follow(run, { after: from, parts: true, signal: stop.signal }))
        if (item.kind === "part") setAnswers((before) => withAnswer(before, item.part));
    };
    // The history has each answer whole: without a stream nothing is lost but the moment.
    void listen().catch(() => undefined);
    return () => stop.abort();
  }, [client, run, active, from]);
  return active ? [...answers.values()] : [];
}

/** The newest turn of each thinking, as far as it has come. */
function withAnswer(answers: ReadonlyMap<string, LiveAnswer>, part: AnswerPart): ReadonlyMap<string, LiveAnswer> {
  const { step, thought, turn, from, tools } = part;
  const key = `${step} ${thought}`;
  const before = answers.get(key);
  const said = before?.turn === turn ? before.text : "";
  // What was before it is missing: the next that is told whole makes up for it.
  if (from > said.length) return answers;
  return new Map(answers).set(key, { step, thought, turn, text: said.slice(0, from) + part.text, tools });
}

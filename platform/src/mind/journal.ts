import { ThoughtNote, type Json, type ThoughtNote as Note } from "@gantry/sdk";
import { crashPoint } from "../lib/crash-points.ts";
import type { ModelAnswer } from "../models/types.ts";
import type { NotedAnswer } from "./let-through.ts";
import type { CallResult } from "./types.ts";

/** What one thinking wrote down, from this try and those before it, and where it writes on. */
export interface ThoughtJournal {
  /** The recorded answer of that turn. */
  answerOf(turn: number): NotedAnswer | undefined;
  resultOf(turn: number, call: string): CallResult | undefined;
  /** Announced, and perhaps carried out, by a worker that is gone. */
  wasCalling(turn: number, call: string): boolean;
  /** What took the place of all before that turn. */
  summaryBefore(
    turn: number,
  ): { text: string; keeps: number; usage: ModelAnswer["usage"]; cost: ModelAnswer["cost"] } | undefined;
  answered(turn: number, answer: NotedAnswer): Promise<void>;
  calling(turn: number, id: string, tool: string): Promise<void>;
  /** Begins to write; whatever is written next is there only with it. */
  called(turn: number, id: string, tool: string, result: CallResult): void;
  /** `keeps`: how many of the newest turns stay beside it. */
  summarized(turn: number, keeps: number, summary: Pick<ModelAnswer, "text" | "usage" | "cost">): Promise<void>;
}

export function openJournal(
  thought: string,
  { notes, note }: { notes: readonly Json[]; note(value: Json): Promise<void> },
): ThoughtJournal {
  const answers = new Map<number, NotedAnswer>();
  const results = new Map<string, CallResult>();
  const begun = new Set<string>();
  const summaries = new Map<number, Extract<Note, { kind: "summarized" }>>();
  const key = (turn: number, id: string): string => `${turn} ${id}`;
  const take = (one: Note): void => {
    switch (one.kind) {
      case "answered":
        return void answers.set(one.turn, one.answer as unknown as NotedAnswer);
      case "calling":
        return void begun.add(key(one.turn, one.id));
      case "called":
        return void results.set(key(one.turn, one.id), one);
      case "summarized":
        return void summaries.set(one.turn, one);
      default:
        return one satisfies never;
    }
  };
  for (const one of notes) {
    const parsed = ThoughtNote.safeParse(one);
    if (parsed.success && parsed.data.thought === thought) take(parsed.data);
  }
  /** Notes that were begun and that nobody waited for yet: who waits for a later one waits for them. */
  let behind: Promise<unknown> = Promise.resolve();
  const begin = (one: Note): void => {
    behind = Promise.all([behind, note(one as unknown as Json)]);
    // Whoever waits next hears of it.
    behind.catch(() => {});
    take(one);
  };
  const write = async (one: Note): Promise<void> => {
    begin(one);
    await behind;
  };
  return {
    answerOf: (turn) => answers.get(turn),
    resultOf: (turn, id) => results.get(key(turn, id)),
    wasCalling: (turn, id) => begun.has(key(turn, id)),
    summaryBefore: (turn) => summaries.get(turn) as ReturnType<ThoughtJournal["summaryBefore"]>,
    answered: async (turn, answer) => {
      // Results of the calls before, which were written while the model thought.
      await behind;
      crashPoint("after-answer");
      await write({
        thought,
        turn,
        kind: "answered",
        answer: answer as unknown as Extract<Note, { kind: "answered" }>["answer"],
      });
      crashPoint("after-answer-noted");
    },
    calling: async (turn, id, tool) => {
      await write({ thought, turn, kind: "calling", id, tool });
      crashPoint("before-tool-call");
    },
    called: (turn, id, tool, { output, failed, whole }) => {
      crashPoint("after-tool-call");
      begin({ thought, turn, kind: "called", id, tool, output, failed, ...(whole && { whole }) });
    },
    summarized: (turn, keeps, { text, usage, cost }) =>
      write({ thought, turn, kind: "summarized", keeps, text, usage: { ...usage }, cost: { ...cost } }),
  };
}

import type { Context } from "./context.ts";
import { createLines, type Progress } from "./progress.ts";
import { createAnswerWords, type AnswerWords } from "./render/answer-words.ts";
import { draftWordsIn } from "./render/draft-words.ts";
import { safeLine } from "./render/safe-text.ts";
import type { Terminal } from "./terminal.ts";

/** What a model says is written as it says it, and whatever else there is to say on lines between. */
export function speaking(others: Progress, words: Pick<AnswerWords, "part" | "breakLine">): Progress {
  return {
    ...others,
    part: (part) => words.part(part),
    event: (event) => {
      words.breakLine();
      others.event(event);
    },
  };
}

/** A run in which a model drafts a plan or the like, all on stderr: word by word on a terminal, line by line in a pipe. */
export function draftProgress({ terminal, now }: Context): Progress {
  let line = "";
  const write = (text: string): void => {
    if (terminal.canRedraw) return terminal.write(terminal.paint("dim", text));
    const lines = `${line}${text}`.split("\n");
    line = lines.pop() ?? "";
    for (const one of lines) terminal.say(one);
  };
  return speaking(createLines(terminal, now), createAnswerWords(write, draftWordsIn));
}

/** A line of JSON for each event and each part of what a model says, as they come. */
export function jsonLines(terminal: Terminal): Progress {
  return {
    event: (event) => terminal.json({ type: "event", event }),
    part: (part) => terminal.json({ type: "part", part }),
    state: () => {},
    note: (text) => terminal.say(safeLine(text)),
    end: () => {},
  };
}

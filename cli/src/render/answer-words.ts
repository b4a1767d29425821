import { withPart, type AnswerPart } from "@gantry/sdk/api";
import { safeText } from "./safe-text.ts";

/** Writes an answer word by word, as parts of it come. */
export interface AnswerWords {
  part(part: AnswerPart): void;
  /** Ends the line that words stand in, before something else is written. */
  breakLine(): void;
  /** Writes what is missing of the answer, which may be all of it. */
  finish(answer: string): void;
}

/** `write` takes text without a line end; `read` finds in what a model says the words that are for people. */
export function createAnswerWords(
  write: (text: string) => void,
  read: (text: string) => string = answerIn,
): AnswerWords {
  /** What models said, by where they did; null while parts are missing. */
  const said = new Map<string, string | null>();
  let shown = "";
  let midLine = false;
  const show = (text: string): void => {
    if (text === "") return;
    write(text);
    midLine = !text.endsWith("\n");
  };
  const breakLine = (): void => {
    if (midLine) write("\n");
    midLine = false;
  };
  const showUpTo = (answer: string): void => {
    if (answer.startsWith(shown)) show(answer.slice(shown.length));
    else {
      // Another model began anew, or the next turn.
      breakLine();
      show(answer);
    }
    shown = answer;
  };
  return {
    part(part) {
      const key = `${part.step} ${part.thought} ${part.turn}`;
      const before = said.get(key);
      const now = part.from === 0 ? part.text : before === undefined || before === null ? null : withPart(before, part);
      said.set(key, now);
      const answer = now === null ? "" : safeText(read(now));
      if (answer !== "" && !shown.startsWith(answer)) showUpTo(answer);
    },
    breakLine,
    finish(answer) {
      showUpTo(safeText(answer));
      breakLine();
    },
  };
}

/** What the field `answer` of a JSON object says as far as it has come; nothing as long as it hasn't begun. */
export function answerIn(text: string): string {
  const begun = /^\s*(?:```(?:json)?\s*)?\{[^]*?"answer"\s*:\s*"/.exec(text);
  if (begun === null) return "";
  const [raw = ""] = /^(?:[^"\\]|\\u[\da-fA-F]{4}|\\[^u])*/.exec(text.slice(begun[0].length)) ?? [];
  return textOfPart(raw);
}

/** The beginning of a text in JSON, without its quotes. */
export function textOfPart(raw: string): string {
  try {
    return JSON.parse(`"${raw.replaceAll("\n", "\\n").replaceAll("\r", "")}"`) as string;
  } catch {
    return "";
  }
}

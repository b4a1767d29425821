import { textOfPart } from "./answer-words.ts";

/**
 * What a plan or runbook that a model drafts says in words, as far as it has come: what the model says before it, what it does, each step with its reason, what
 * was made otherwise, and what it takes for granted or asks. The longer the draft, the longer the words; what was said stays.
 */
export function draftWordsIn(text: string): string {
  const begin = text.indexOf("{");
  if (begin < 0) return text.replace(/`*(?:json)?\s*$/, "");
  const before = text.slice(0, begin).replace(/```(?:json)?\s*$/, "");
  return `${before}${wordsOf(text.slice(begin))}`;
}

/** A mark, or a text that may break off, or a number or the like. */
const token = /\s*(?:([{}[\],:])|"((?:[^"\\]|\\u[\da-fA-F]{4}|\\[^u])*)("?)|([^\s{}[\],:"]+))/y;

function wordsOf(json: string): string {
  /** Keys that lead to where the reader is; null for what stands in a list. */
  const path: (string | null)[] = [];
  let key: string | null = null;
  let words = "";
  token.lastIndex = 0;
  for (let found = token.exec(json); found !== null; found = token.exec(json)) {
    const [, mark, raw, end] = found;
    if (mark === "{" || mark === "[") {
      path.push(key);
      key = null;
    } else if (mark === "}" || mark === "]") {
      path.pop();
      if (path.length === 0) break;
      key = null;
    } else if (mark === ",") key = null;
    else if (raw !== undefined) {
      const isName = end === '"' && key === null && /\s*:/y.test(json.slice(token.lastIndex, token.lastIndex + 20));
      if (isName) key = raw;
      else
        words += said(
          [...path.filter((one) => one !== null), ...(key === null ? [] : [key])].join("."),
          raw,
          end === '"',
        );
    }
  }
  return words;
}

/** How a text of the draft is put, by where it stands. */
function said(where: string, raw: string, whole: boolean): string {
  const text = textOfPart(raw);
  switch (where) {
    case "summary":
      return `${text}${whole ? "\n" : ""}`;
    case "steps.title":
      return `- ${text}${whole ? ". " : ""}`;
    case "steps.why":
      return `${text}${whole ? "\n" : ""}`;
    case "changes":
      return `- ${text}${whole ? "\n" : ""}`;
    case "assumptions":
      return `Assumes: ${text}${whole ? "\n" : ""}`;
    case "questions":
      return `Asks: ${text}${whole ? "\n" : ""}`;
    default:
      return "";
  }
}

import type { Token } from "./types.ts";

const opening = new Set("([{<*_`\"'".split(""));
const closing = new Set(")]}>*`\"',;.:!?".split(""));
const ending = new Set(",;.:!?)".split(""));

/**
 * A sentence's words. Addresses, names with hyphens, numbers with separators stay whole; what stands in quotation marks is one
 * token; `name=value` and `name: value` are two. Reads each character once or twice, so no sentence takes long.
 */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { part, quoted } of quotedParts(text)) {
    if (quoted) {
      tokens.push(toToken(part, true, false));
      continue;
    }
    for (const word of part.split(" ")) tokens.push(...wordTokens(word));
  }
  return tokens;
}

/** Splits at pairs of `"` or backquotes, and of `'` where it isn't an apostrophe. */
function quotedParts(text: string): { part: string; quoted: boolean }[] {
  const parts: { part: string; quoted: boolean }[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const mark = text.charAt(at);
    const starts = (mark === '"' || mark === "`" || mark === "'") && (at === 0 || /[\s(=:]/.test(text.charAt(at - 1)));
    const end = starts ? closingMark(text, mark, at + 1) : -1;
    if (end <= at + 1) {
      at += 1;
      continue;
    }
    parts.push({ part: text.slice(from, at), quoted: false }, { part: text.slice(at + 1, end), quoted: true });
    at = end + 1;
    from = at;
  }
  return [...parts, { part: text.slice(from), quoted: false }];
}

function closingMark(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  if (mark !== "'" || end < 0) return end;
  return /^$|[\s,.;:!?)]/.test(text.charAt(end + 1)) ? end : -1;
}

function wordTokens(word: string): Token[] {
  if (word === "->") return [toToken(word, false, false)];
  if (isAddress(word)) return [strip(word)].flatMap(splitCommit);
  return word
    .split(/(?<=[^\d]),(?=.)|,(?=[^\d])/)
    .flatMap((piece) => {
      const token = strip(piece);
      const pair = /^([A-Za-z][\w-]{0,60})[=:]([^/].*)$/.exec(token.text);
      return pair === null || /^[0-9a-f:]+$/i.test(token.text)
        ? [token]
        : [toToken(pair[1] ?? "", false, false), toToken("=", false, false), toToken(pair[2] ?? "", false, token.ends)];
    })
    .filter(({ text }) => text !== "");
}

function isAddress(word: string): boolean {
  return /^[(<"']{0,3}[a-z][a-z+.-]{1,20}:\/\//i.test(word);
}

/** `https://…/infra.git@<commit>` names two things. */
function splitCommit(token: Token): Token[] {
  const found = /^(.+)@([0-9a-f]{40})$/.exec(token.text);
  if (found === null) return [token];
  return [toToken(found[1] ?? "", false, false), toToken(found[2] ?? "", false, token.ends)];
}

function strip(word: string): Token {
  let from = 0;
  let to = word.length;
  while (from < to && opening.has(word.charAt(from)) && !/^_[a-z]/i.test(word.slice(from, from + 2))) from += 1;
  let ends = false;
  while (to > from && closing.has(word.charAt(to - 1))) {
    to -= 1;
    ends ||= ending.has(word.charAt(to));
  }
  return toToken(word.slice(from, to), false, ends);
}

function toToken(text: string, quoted: boolean, ends: boolean): Token {
  return { text, lower: text.toLowerCase(), quoted, ends };
}

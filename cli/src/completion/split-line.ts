/**
 * The words of a line of a POSIX shell up to the cursor, the last of them being typed. Quotes and backslashes are taken away;
 * variables and substitutions stay as they are typed. bash itself would break words at `=` and `:` too.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let isWord = false;
  for (const [, space, escaped, single, double, plain] of line.matchAll(piece)) {
    if (space !== undefined) {
      if (isWord) words.push(word);
      word = "";
      isWord = false;
      continue;
    }
    isWord = true;
    word += escaped ?? single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? plain ?? "";
  }
  return [...words, word];
}

/** Blanks, an escaped character, quoted text (also one that isn't closed yet), anything else. */
const piece = /(\s+)|\\([\s\S]?)|'([^']*)(?:'|$)|"((?:[^"\\]|\\[\s\S])*)(?:"|$)|([^\s\\'"]+)/g;

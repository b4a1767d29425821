import { compile, type Parameter } from "./parameters.ts";
import { isCommit, isUrl, isVersion } from "./typed.ts";
import { stopWords } from "./vocabulary.ts";
import { free, oneOf, only, type Found, type Work } from "./work.ts";

/** A form that no ordinary word has. */
export function findPattern(work: Work, { schema }: Parameter): Found {
  const pattern = compile(schema.pattern ?? "");
  if (pattern === null) return null;
  const fits = free(work, ({ text }) => text.length <= 100 && pattern.test(text));
  return oneOf(work, fits) ?? literalIn(work, pattern);
}

/** `Latest` for a pattern that takes `latest`. */
function literalIn(work: Work, pattern: RegExp): Found {
  const [index] = free(work, ({ lower, text }) => text.length <= 40 && text !== lower && pattern.test(lower));
  return index === undefined ? null : { value: work.sentence.tokens[index]?.lower ?? "", tokens: [index] };
}

export function findRef(work: Work): Found {
  const { tokens } = work.sentence;
  const led = free(work, (token, index) => {
    const before = tokens[index - 1]?.lower ?? "";
    return /^(branch|tag|commit|ref)$/.test(before) && !stopWords.has(token.lower) && !isUrl(token);
  });
  return oneOf(work, led) ?? only(work, (token) => isCommit(token) || isVersion(token));
}

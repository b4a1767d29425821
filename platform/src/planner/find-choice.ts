import { choicesOf, type Parameter } from "./parameters.ts";
import { stem } from "./terms.ts";
import { ambiguous, free, type Found, type Work } from "./work.ts";

export function findChoice(work: Work, { schema, cues }: Parameter): Found {
  const { tokens } = work.sentence;
  const describes = new Set([...cues, ...(schema.description ?? "").toLowerCase().split(/\W+/).map(stem)]);
  const matches = choicesOf(schema).flatMap((wanted) => {
    const [index] = free(work, (token, at) => {
      if (wanted.length === 1) return token.text === wanted && describes.has(stem(tokens[at + 1]?.lower ?? ""));
      if (wanted.length === 2) return token.text === wanted;
      const own = work.title.has(stem(wanted.toLowerCase()));
      if (own && !cues.has(stem(tokens[at - 1]?.lower ?? ""))) return false;
      return saysOption(token.lower, wanted.toLowerCase(), work.strict);
    });
    return index === undefined ? [] : [{ option: wanted, index }];
  });
  const [first, ...others] = matches;
  if (first === undefined) return null;
  if (others.length > 0)
    return ambiguous(
      matches.map(({ option }) => option),
      matches.map(({ index }) => index),
    );
  return { value: first.option, tokens: [first.index] };
}

/** `read` says reader, `administrator` admin. */
function saysOption(word: string, option: string, strict: boolean): boolean {
  if (word === option) return true;
  if (strict || !/^[a-z]+$/.test(word) || !/^[a-z]+$/.test(option)) return false;
  return (word.length >= 4 && option.startsWith(word)) || (option.length >= 5 && word.startsWith(option));
}

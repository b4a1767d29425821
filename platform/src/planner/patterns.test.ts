import { expect, test } from "vitest";
import { withoutHardPatterns } from "./patterns.ts";

const patternOf = (pattern: string) => withoutHardPatterns({ properties: { a: { type: "string", pattern } } });
const kept = (pattern: string) => ({ properties: { a: { type: "string", pattern } } });

test.each(["^[a-z][a-z0-9-]*$", "^v?[0-9]+\\.[0-9]+$", "^(\\d{1,9})(ms|s|m|h|d)$", "^(latest|[0-9]{4})$"])(
  "%s is quick on every word and stays",
  (pattern) => {
    expect(patternOf(pattern)).toEqual(kept(pattern));
  },
);

test.each(["^(a+)+$", "^(a|a)*$", "^(?=a*b)a$", "^(a*)\\1$", "a*a*a*b", "(a{2,}){3}"])(
  "%s could take long on some word and is left out",
  (pattern) => {
    expect(patternOf(pattern)).toEqual({ properties: { a: { type: "string" } } });
  },
);

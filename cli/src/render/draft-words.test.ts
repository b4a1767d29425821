import { expect, test } from "vitest";
import { draftWordsIn } from "./draft-words.ts";

const draft = {
  summary: 'Moves the "shop".',
  steps: [
    {
      id: "look",
      title: "Look",
      why: "It may be gone: {really}.",
      kind: "tool",
      input: '{"title": "x"}',
      after: [],
      parallel: 1,
    },
    { id: "move", title: "Move", why: "That is \\ the goal.", after: ["look"], undo: "none" },
  ],
  onFailure: "undo",
  assumptions: ["It is up."],
  questions: ["Where to?"],
};
const words = `Moves the "shop".
- Look. It may be gone: {really}.
- Move. That is \\ the goal.
Assumes: It is up.
Asks: Where to?
`;

test("a draft is read in words while it comes, and what was read stays", () => {
  for (const whole of [JSON.stringify(draft), JSON.stringify(draft, null, 2)]) {
    expect(draftWordsIn(whole)).toBe(words);
    const seen = Array.from(whole, (_, at) => draftWordsIn(whole.slice(0, at)));
    for (const [at, text] of seen.entries()) expect(text.startsWith(seen[at - 1] ?? "")).toBe(true);
  }
});

test("what a model says besides its draft is read, too; what stands behind it isn't", () => {
  expect(draftWordsIn("I look at the shop first.")).toBe("I look at the shop first.");
  expect(draftWordsIn('Here:\n```json\n{"summary": "One."}\n```\nDone "steps"')).toBe("Here:\nOne.\n");
  expect(draftWordsIn('{"summary": 3, "steps": "none", "other": {"summary": "no"}')).toBe("");
});

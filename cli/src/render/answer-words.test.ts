import { expect, test } from "vitest";
import { answerIn, createAnswerWords } from "./answer-words.ts";

const place = { step: "ask", thought: "1", turn: 1, tools: [] };

function shownOf(parts: readonly { from: number; text: string; turn?: number }[], answer: string): string {
  let out = "";
  const words = createAnswerWords((text) => (out += text));
  for (const part of parts) words.part({ ...place, ...part });
  words.finish(answer);
  return out;
}

test("the words of an answer are read out of JSON that is still coming, whatever it breaks off in", () => {
  const whole = JSON.stringify({ answer: 'Ü "quoted"\n\\ and \u{1f600} it', citations: [] });
  const seen = Array.from(whole, (_, at) => answerIn(whole.slice(0, at)));
  expect(answerIn(whole)).toBe('Ü "quoted"\n\\ and \u{1f600} it');
  for (const text of seen)
    expect('Ü "quoted"\n\\ and \u{1f600} it'.startsWith(text.replace(/[\ud800-\udbff]$/, ""))).toBe(true);
  expect(answerIn('Let me look at "answer": "no"')).toBe("");
  expect(answerIn('```json\n{"citations": [], "answer": "yes')).toBe("yes");
  expect(answerIn('{"answer": "caf\\u00e')).toBe("caf");
});

test("words are written once each, as they come, and the end is what the answer was", () => {
  expect(
    shownOf(
      [
        { from: 0, text: '{"answer": "It ' },
        { from: 15, text: "answers 2" },
        { from: 0, text: '{"answer": "It answers 2' },
      ],
      "It answers 204.",
    ),
  ).toBe("It answers 204.\n");
});

test("an answer that another model begins anew stands on a line of its own", () => {
  const parts = [
    { from: 0, text: '{"answer": "The sh' },
    { from: 0, text: "" },
    { from: 0, text: '{"answer": "It works' },
  ];
  expect(shownOf(parts, "It works.")).toBe("The sh\nIt works.\n");
});

test("parts that are missing are made up for at the end, and control characters never reach the terminal", () => {
  expect(shownOf([{ from: 400, text: "later" }], "All of it.")).toBe("All of it.\n");
  expect(shownOf([{ from: 0, text: '{"answer": "red \\u001b[31m' }], "red \u001b[31m!")).not.toContain("\u001b");
});

import { expect, test } from "vitest";
import { likelyInput, mostInput, mostTokens } from "./estimate.ts";

let seed = 7;
const random = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor(seed / 65_536) % below;
};
const pick = (from: string, length: number): string => Array.from({ length }, () => from[random(from.length)]).join("");
const times = (length: number, one: () => string, between: string): string => Array.from({ length }, one).join(between);
const [small, capital, digits] = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"];
const hex = `${digits}abcdef`;

/** Texts with what they take of the tokenizers o200k and cl100k, whichever is more. */
const measured: readonly [string, string, number][] = [
  ["identifiers", times(100, () => `${pick(hex, 8)}-${pick(hex, 4)}`, "\n"), 918],
  ["base64", pick(`${capital}${small}${digits}+/`, 2_000), 1_441],
  ["numbers", times(500, () => pick(digits, 4), " "), 1_499],
  ["words that nobody knows", times(300, () => pick(small, 6), " "), 1_025],
  ["punctuation", pick("!@#$%^&*()_+{}|:<>?~`-=[];',./", 1_000), 667],
  ["cuneiform", times(300, () => String.fromCodePoint(0x12000 + random(900)), ""), 1_195],
  ["Chinese", times(300, () => String.fromCodePoint(0x4e00 + random(20_000)), ""), 699],
  ["Greek", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ".repeat(50), 1_701],
  ["Korean", "운영 환경에 새 버전을 배포했습니다. ".repeat(50), 1_100],
  ["English", "Nothing is changed before somebody has read and approved the plan. ".repeat(20), 241],
];

test.each(measured)(
  "of %s no fewer tokens are set aside than they take, and at most about three times as many",
  (_, text, tokens) => {
    expect(mostTokens(text)).toBeGreaterThanOrEqual(tokens);
    expect(mostTokens(text)).toBeLessThan(tokens * 3.2);
  },
);

test("all of a prompt counts: what tools gave and were called with, tools themselves, the form of the answer", () => {
  const tool = { name: "look", description: "Looks", inputSchema: { type: "object" } };
  const messages = [
    { role: "system" as const, content: "Be brief." },
    {
      role: "user" as const,
      content: [
        { type: "text" as const, text: "What is on it?" },
        { type: "image" as const, mediaType: "image/png", data: "" },
      ],
    },
    { role: "assistant" as const, content: "", toolCalls: [{ id: "1", name: "look", input: { at: "0192f3a1" } }] },
    { role: "tool" as const, results: [{ id: "1", name: "look", output: { found: "0192f3a1" } }] },
  ];
  const whole = { messages, tools: [tool], output: { type: "object" } };
  const without = [
    ...messages.map((one) => ({ ...whole, messages: messages.filter((other) => other !== one) })),
    { ...whole, tools: [] },
    { messages, tools: [tool] },
  ];
  for (const count of [likelyInput, mostInput])
    for (const part of without) expect(count(part)).toBeLessThan(count(whole) - 8);
  expect(mostInput(whole)).toBeGreaterThan(likelyInput(whole));
});

import { expect, test } from "vitest";
import type { Notice } from "@gantry/sdk/api";
import { defaultRetryPolicy, retryAfterMs, waitAfter } from "./back-off.ts";
import { emailBodies } from "./channels/email-bodies.ts";
import { slackLimits, slackMessage } from "./channels/slack-blocks.ts";
import { plainLine } from "./plain-text.ts";
import { quietFor } from "./quiet-hours.ts";

const hour = 3_600_000;
const night = { from: "22:00", to: "07:00", timeZone: "Europe/Berlin", breakThrough: ["approval.needed" as const] };
const at = (text: string) => Date.parse(text);

test("quiet hours go over midnight by the wall clock of their zone, and name their end", () => {
  // Winter: Berlin is one hour ahead.
  expect(quietFor(night, "run.failed", at("2026-01-10T21:30:00Z"))).toBe(8.5 * hour);
  expect(quietFor(night, "run.failed", at("2026-01-10T05:59:00Z"))).toBe(60_000);
  expect(quietFor(night, "run.failed", at("2026-01-10T06:00:00Z"))).toBe(0);
  expect(quietFor(night, "run.failed", at("2026-01-10T20:59:00Z"))).toBe(0);
  expect(quietFor(night, "approval.needed", at("2026-01-10T21:30:00Z"))).toBe(0);
  expect(quietFor(null, "run.failed", at("2026-01-10T21:30:00Z"))).toBe(0);
});

test("in the night when clocks go forward the quiet hours are an hour shorter", () => {
  expect(quietFor(night, "run.failed", at("2026-03-28T21:00:00Z"))).toBe(8 * hour);
  expect(quietFor(night, "run.failed", at("2026-10-24T20:00:00Z"))).toBe(10 * hour);
});

test("waits grow, differ, and end at the longest", () => {
  const waits = [1, 2, 3, 4, 20].map((tried) => waitAfter(defaultRetryPolicy, tried, 1));
  expect(waits).toEqual([5_000, 15_000, 45_000, 135_000, 6 * hour]);
  expect(waitAfter(defaultRetryPolicy, 1, 0)).toBe(2_500);
});

test("Retry-After is read as seconds or as a date, and not believed when it makes no sense", () => {
  expect(retryAfterMs("30", 0)).toBe(30_000);
  expect(retryAfterMs("Thu, 01 Jan 1970 00:01:00 GMT", 0)).toBe(60_000);
  expect(retryAfterMs("999999999", 0)).toBe(24 * hour);
  for (const nonsense of ["-1", "soon", "", undefined]) expect(retryAfterMs(nonsense, 0)).toBeNull();
});

test("text of others is a line that can only be read", () => {
  expect(plainLine("a\u001b]0;title\u0007b\u001b[31mc\r\nd\u202ee\u0000\ud800")).toBe("abc de\ufffd");
  expect(plainLine("x".repeat(400), 10)).toBe(`${"x".repeat(9)}…`);
});

const hostile = `<!channel> & <https://evil.example|x> ${"&<>".repeat(2_000)}`;
const notice: Notice = {
  kind: "approval.needed",
  sentence: hostile,
  at: 0,
  actor: hostile,
  run: { id: "r", goal: hostile, runbook: null, project: hostile, environment: "prod", requester: hostile },
  facts: Array.from({ length: 40 }, () => ({ label: "Touches", value: hostile })),
  action: `gantry approve \`${hostile}`,
  event: null,
};

test("however long and hostile a message is, Slack's limits are kept and nothing in it is markup", () => {
  const told = Array.from({ length: 100 }, () => notice);
  const { text, blocks } = slackMessage({ notices: [notice], told, link: "https://gantry.example/runs/r" });
  const texts = (function collect(value: unknown): string[] {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, one]) =>
      key === "text" && typeof one === "string" ? [one] : collect(one),
    );
  })(blocks);
  expect(blocks.length).toBeLessThanOrEqual(slackLimits.blocks);
  expect(Math.max(text.length, ...texts.map((one) => one.length))).toBeLessThanOrEqual(slackLimits.text);
  for (const one of [text, ...texts])
    expect(one.replace("<https://gantry.example/runs/r|", "")).not.toMatch(/<|&(?!amp;|lt;|gt;)/);
});

test("mail says everything as text, and in HTML as text too", () => {
  const { text, html } = emailBodies({
    notices: [{ ...notice, sentence: `<img src=x onerror="a()"> '` }],
    told: [],
    link: null,
  });
  expect(text).toMatch(/^<img src=x onerror="a\(\)"> '\n/);
  expect(html).toContain('<h1 style="font-size:1.25em">&lt;img src=x onerror=&quot;a()&quot;&gt; &#39;</h1>');
});

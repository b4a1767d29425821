import { expect, test } from "vitest";
import { catalogue } from "./catalogue.ts";
import { costOf } from "./cost.ts";
import { renderModelReference } from "./reference.ts";

test("the reference page says what the catalogue says", async () => {
  await expect(renderModelReference()).toMatchFileSnapshot("../../../docs/reference/models.md");
});

test("no model is listed twice, and every price says when it was looked up; reading from a cache costs no more than anew", () => {
  const names = catalogue.map(({ provider, model }) => `${provider}/${model}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { asOf, price } of catalogue) {
    expect(asOf).toMatch(/^2026-\d\d-\d\d$/);
    expect(price?.input ?? 0).toBeGreaterThanOrEqual(price?.cached ?? 0);
  }
});

const at = Date.parse("2026-11-22");
const asked = (model: string) => {
  const known = catalogue.find((one) => one.model === model);
  if (known === undefined) throw new Error(`No ${model}`);
  return { provider: known.provider, known, ownPrice: null };
};

test("a call costs what its tokens cost, cached ones less", () => {
  const cost = costOf(asked("claude-opus-5-5"), { input: 1_000, cachedInput: 400, output: 100 }, at);
  expect(cost).toEqual({ micros: 600 * 4 + 400 * 0.2 + 100 * 20, currency: "USD", known: true });
});

test("a long prompt costs as a long one, and an announced price holds from its day on", () => {
  const usage = { input: 300_000, cachedInput: 0, output: 10 };
  expect(costOf(asked("gpt-6.1-sol"), usage, at).micros).toBe(300_000 * 4 + 10 * 15);
  const small = { input: 10, cachedInput: 0, output: 10 };
  expect(costOf(asked("gemini-4-argon"), small, at).micros).toBe(120);
  expect(costOf(asked("gemini-4-argon"), small, Date.parse("2026-12-01")).micros).toBe(240);
});

test("a model whose price isn't known counts as the dearest of its provider, and says so", () => {
  const usage = { input: 100, cachedInput: 100, output: 100 };
  expect(costOf(asked("mistral-large-4"), usage, at)).toEqual({ micros: 900, currency: "USD", known: false });
  const other = { provider: "mistral", known: null, ownPrice: null } as const;
  expect(costOf(other, usage, at)).toEqual(costOf(asked("mistral-large-4"), usage, at));
  const own = { provider: "compatible", known: null, ownPrice: { input: 1, cached: null, output: 2 } } as const;
  expect(costOf(own, usage, at)).toEqual({ micros: 300, currency: "USD", known: true });
  expect(costOf({ provider: "ollama", known: null, ownPrice: null }, usage, at).micros).toBe(0);
});

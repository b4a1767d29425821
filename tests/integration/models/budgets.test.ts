import { afterAll, beforeAll, expect, test } from "vitest";
import { createPurse } from "../../../platform/src/models/budgets.ts";
import type { ModelCall } from "../../../platform/src/models/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { newId } from "../../support/engine.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const call = (agent: string): ModelCall => ({
  organization: api.org,
  project: null,
  environment: null,
  agent,
  runId: null,
  task: "answer",
  messages: [],
  tools: [],
  maxOutputTokens: 10,
  signal: new AbortController().signal,
});
const asked = { connection: "house", provider: "compatible", model: "small" };
const worst = (at = Date.now()) => ({ id: newId(), asked, at, micros: 10_000, tokens: 100, endsAt: at + 1_000 });
const outcome = (micros: number) => ({
  usage: { input: 30, cachedInput: 0, output: 10 },
  cost: { micros, currency: "USD", known: true },
  firstTokenMs: 5,
  totalMs: 9,
  error: null,
});
const budgetOf = async (name: string) => {
  const { spent, reserved } = await api.client.budgets.get(name);
  return { spent, reserved };
};

test("500 calls at once never set more aside, nor spend more, than a budget has", async () => {
  // A dollar: a hundred calls of a cent at worst, which come to less.
  await api.client.budgets.set("dollar", {
    covers: "models",
    measure: "money",
    currency: "USD",
    amount: 100,
    agent: "crowd",
  });
  const purse = createPurse({ pool: api.engine.db, now: Date.now });
  const taken = await Promise.allSettled(Array.from({ length: 500 }, () => purse.reserve(call("crowd"), worst())));
  const granted = taken.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const codes = new Set(
    taken.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : [])),
  );
  expect(granted).toHaveLength(100);
  expect(codes).toEqual(new Set(["budget_reserved"]));
  expect(await budgetOf("dollar")).toEqual({ spent: 0, reserved: 100 });
  await Promise.all(granted.map((settle) => settle(outcome(10_000))));
  expect(await budgetOf("dollar")).toEqual({ spent: 100, reserved: 0 });
  await expect(purse.reserve(call("crowd"), worst())).rejects.toMatchObject({
    code: "budget_exhausted",
    retryable: false,
  });
});

test("a reservation that a crash of the database took back is counted when its call ends", async () => {
  await api.client.budgets.set("crashed", { covers: "models", measure: "tokens", amount: 250, agent: "unlucky" });
  const purse = createPurse({ pool: api.engine.db, now: Date.now });
  const reserved = worst();
  const settle = await purse.reserve(call("unlucky"), reserved);
  // As the database is after a crash in the moment before the reservation reached its disk.
  await api.engine.db.query("DELETE FROM model_calls WHERE id = $1", [reserved.id]);
  await api.engine.db.query(
    "UPDATE budget_accounts a SET reserved = 0 FROM budgets b WHERE b.id = a.budget AND b.name = 'crashed'",
  );
  await settle(outcome(1));
  expect(await budgetOf("crashed")).toEqual({ spent: 40, reserved: 0 });
  const { items } = await api.client.models.costs({ by: "agent" });
  expect(items.find(({ key }) => key === "unlucky")).toMatchObject({ calls: 1, failed: 0 });
});

test("what a call didn't use comes back; who died with something set aside has used it", async () => {
  await api.client.budgets.set("tokens", { covers: "models", measure: "tokens", amount: 250, agent: "careful" });
  const purse = createPurse({ pool: api.engine.db, now: Date.now });
  const settle = await purse.reserve(call("careful"), worst());
  const { reservations } = await api.client.budgets.get("tokens");
  expect(reservations).toMatchObject([{ amount: 100, run: null }]);
  await settle(outcome(1));
  expect(await budgetOf("tokens")).toEqual({ spent: 40, reserved: 0 });
  await purse.reserve(call("careful"), worst(Date.now() - 3_600_000));
  await purse.reserve(call("careful"), worst());
  // 40 are used and 200 set aside, so it is looked who died.
  await expect(purse.reserve(call("careful"), worst())).rejects.toMatchObject({ code: "budget_reserved" });
  expect(await budgetOf("tokens")).toEqual({ spent: 140, reserved: 100 });
  const { items } = await api.client.models.costs({ by: "agent" });
  expect(items.find(({ key }) => key === "careful")).toMatchObject({ calls: 2, failed: 1 });
});

test("a budget of calls to models is in dollars, requests or tokens", async () => {
  const set = (body: Parameters<typeof api.client.budgets.set>[1]) => refusalOf(api.client.budgets.set("wrong", body));
  expect(await set({ covers: "models", measure: "money", currency: "EUR", amount: 1 })).toEqual([
    400,
    "invalid_request",
  ]);
  expect(await set({ covers: "models", measure: "time", amount: 1 })).toEqual([400, "invalid_request"]);
  expect(await set({ measure: "tokens", amount: 1 })).toEqual([400, "invalid_request"]);
});

import { expect, test } from "vitest";
import { createChangeSet, createPreview } from "@gantry/sdk/testing";
import { costOf, outlookOf, policyOf } from "./facts.ts";

const { entries } = createChangeSet();
const [entry] = entries;

test("costs are added by currency, as a range where they are one", () => {
  if (entry === undefined) throw new Error("The change set has no step.");
  const costing = (low: number, high: number, currency: string) => ({
    ...entry,
    preview: createPreview({ cost: { low, high, currency } }),
  });
  expect(costOf([costing(1, 2, "EUR"), costing(3, 4, "EUR"), costing(5, 5, "USD"), entry])).toEqual([
    { currency: "EUR", amount: "4.00–6.00" },
    { currency: "USD", amount: "5.00" },
  ]);
});

test("what can't be undone is told whole steps first-hand, and limits of steps that can", () => {
  const steps = [
    { step: "a", possible: true, how: "Taken back.", limits: ["The log stays."] },
    { step: "b", possible: false, how: "Mail can't be unsent.", limits: [] },
  ];
  expect(outlookOf({ automatic: true, steps })).toMatchObject({
    possible: [{ step: "a" }],
    limits: [
      { step: "a", text: "The log stays." },
      { step: "b", text: "Mail can't be unsent." },
    ],
  });
});

test("policies of an organization lead to where their text stands, built-in ones nowhere", () => {
  const at = { project: "shop", environment: "prod" };
  expect(policyOf("approve-changes", at).policy).toBeNull();
  expect(policyOf("organization/careful/no-friday", at).policy).toEqual({ name: "careful", place: "" });
  expect(policyOf("environment/careful/no-friday", at).policy).toEqual({ name: "careful", place: "shop/prod" });
});

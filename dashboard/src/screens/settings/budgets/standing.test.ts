import { expect, test } from "vitest";
import { leftOf, standingOf } from "./standing.ts";

const budget = (amount: number, spent: number, reserved: number) => ({ amount, spent, reserved });

test("a budget is used up by what was spent, held by what is set aside, and never has less than nothing left", () => {
  expect(standingOf(budget(100, 0, 0))).toBe("open");
  expect(standingOf(budget(100, 50, 41))).toBe("near");
  expect(standingOf(budget(100, 50, 40))).toBe("open");
  expect(standingOf(budget(100, 50, 50))).toBe("held");
  expect(standingOf(budget(100, 100, 0))).toBe("used_up");
  expect(standingOf(budget(0, 0, 0))).toBe("used_up");
  expect(leftOf(budget(100, 110, 5))).toBe(0);
  expect(leftOf(budget(100, 50, 41))).toBe(9);
});

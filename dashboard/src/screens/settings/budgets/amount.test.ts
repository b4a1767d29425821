import { expect, test } from "vitest";
import { amountFrom, amountIn, moneyText } from "./amount.ts";

test("money is counted in the smallest unit of its currency, time in milliseconds, and said as it was typed", () => {
  expect(amountFrom("money", "12.5", "EUR")).toBe(1_250);
  expect(amountFrom("money", "1200", "JPY")).toBe(1_200);
  // Half typed.
  expect(amountFrom("money", "3", "E")).toBe(300);
  expect(amountFrom("time", "1.5", "")).toBe(90_000);
  expect(amountFrom("requests", "100", "")).toBe(100);
  expect(amountIn("money", 1_250, "EUR")).toBe("12.50");
  expect(amountIn("time", 90_000, "")).toBe("1.5");
  expect(amountIn("tokens", 100, "")).toBe("100");
  expect(moneyText(1_250, "EUR")).toBe("12.50 EUR");
  expect(moneyText(1_200, "JPY")).toBe("1200 JPY");
});

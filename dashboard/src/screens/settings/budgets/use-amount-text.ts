import type { BudgetView } from "@gantry/sdk/api";
import { useTexts } from "../../../ui/texts.ts";
import { duration } from "../../../ui/time.tsx";
import { moneyText } from "./amount.ts";
import { texts } from "./texts.ts";

type Measured = Pick<BudgetView, "measure" | "currency">;

/** An amount of what the budget measures, for people. */
export function useAmountText(): (of: Measured, amount: number) => string {
  const said = useTexts(texts);
  return ({ measure, currency }, amount) => {
    if (measure === "money") return moneyText(amount, currency ?? "");
    if (measure === "time") return duration(amount);
    return measure === "tokens" ? said.tokens(amount) : said.requests(amount);
  };
}

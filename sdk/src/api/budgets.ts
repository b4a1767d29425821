import { z } from "zod";
import { Currency } from "../usage.ts";
import { Name, Page, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

export const BudgetView = z.object({
  id: Uuid,
  name: z.string(),
  /** What it bounds: what steps use, or what calls to models do. */
  covers: z.enum(["steps", "models"]),
  measure: z.enum(["money", "requests", "time", "tokens"]),
  currency: z.string().nullable(),
  project: z.string().nullable(),
  agent: z.string().nullable(),
  run: z.string().nullable(),
  /** Each run by itself may use as much. `spent` and `reserved` are then those of the run that used most. */
  eachRun: z.boolean(),
  /** Minor units of the currency (begun ones count), requests, milliseconds, or tokens. */
  amount: z.int(),
  /** When what was spent is forgotten: never, at midnight UTC, on the first of the month. */
  period: z.enum(["total", "day", "month"]),
  spent: z.int(),
  /** Set aside for attempts that are under way or whose outcome nobody knows. */
  reserved: z.int(),
  waiting: z.int(),
  updatedAt: Timestamp,
  actor: z.string(),
});
export type BudgetView = z.infer<typeof BudgetView>;

export const BudgetDetail = BudgetView.extend({
  /** What is set aside, the oldest first, at most 100; `attempt` is the call, where it is of calls to models. */
  reservations: z.array(
    z.object({
      run: z.string().nullable(),
      attempt: z.string(),
      amount: z.int(),
      since: Timestamp,
      unknown: z.boolean(),
    }),
  ),
});
export type BudgetDetail = z.infer<typeof BudgetDetail>;

const budgetName = z.object({ budget: Name });

export const budgets = {
  set: endpoint({
    id: "budgets.set",
    method: "PUT",
    path: "/budgets/:budget",
    summary:
      "Bound what attempts, or calls to models, use of money, requests, time or tokens; all budgets that cover one must hold.",
    scope: "admin",
    params: budgetName,
    body: z
      .object({
        covers: BudgetView.shape.covers.default("steps"),
        measure: BudgetView.shape.measure,
        currency: Currency.optional(),
        amount: z.int().min(0),
        project: Name.optional(),
        agent: Name.optional(),
        run: Uuid.optional(),
        eachRun: z.boolean().default(false),
        period: BudgetView.shape.period.default("total"),
      })
      .refine(({ measure, currency }) => (measure === "money") === (currency !== undefined), {
        error: "money has a currency, nothing else has",
        path: ["currency"],
      })
      .refine(({ covers, measure }) => covers === "models" || measure !== "tokens", {
        error: "only calls to models use tokens",
        path: ["measure"],
      })
      .refine(({ covers, measure }) => covers === "steps" || measure !== "time", {
        error: "calls to models are bounded by money, requests or tokens",
        path: ["measure"],
      })
      .refine(({ covers, currency }) => covers === "steps" || currency === undefined || currency === "USD", {
        error: "models are paid in USD",
        path: ["currency"],
      })
      .refine(({ run, eachRun }) => run === undefined || !eachRun, {
        error: "a budget is of one run or of each",
        path: ["eachRun"],
      }),
    answer: BudgetView,
  }),
  list: endpoint({
    id: "budgets.list",
    method: "GET",
    path: "/budgets",
    summary: "Budgets, with what is spent and what is set aside.",
    scope: "read",
    resource: { kind: "anywhere" },
    answer: Page(BudgetView),
  }),
  get: endpoint({
    id: "budgets.get",
    method: "GET",
    path: "/budgets/:budget",
    summary: "A budget with the attempts that it is set aside for.",
    scope: "read",
    resource: { kind: "anywhere" },
    params: budgetName,
    answer: BudgetDetail,
  }),
  remove: endpoint({
    id: "budgets.remove",
    method: "DELETE",
    path: "/budgets/:budget",
    summary: "Remove a budget and what it remembers.",
    scope: "admin",
    params: budgetName,
    status: 204,
  }),
} as const;

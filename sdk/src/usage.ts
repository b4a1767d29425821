import { z } from "zod";

/** ISO 4217 code. */
export const Currency = z.string().regex(/^[A-Z]{3}$/, "must be three capital letters, such as EUR");

/** What an attempt uses besides time, which the platform measures itself. */
export const Usage = z.object({
  /** In the currency's minor unit: cents, pence. */
  money: z.object({ amount: z.int().min(0), currency: Currency }).optional(),
  /** Calls to whatever is metered: an API, a model. */
  requests: z.int().min(0).optional(),
});
export type Usage = z.infer<typeof Usage>;

/** Why an attempt may not start yet. Frozen into an event, so that a history says it as it was. */
export const LimitWait = z.object({
  kind: z.enum(["rate", "concurrency", "budget", "breaker"]),
  /** Of the limit, budget or breaker. */
  id: z.string(),
  /** In words: `rate limit of connection hub: 10 per 1 s`. */
  what: z.string(),
  /** Unix milliseconds at which it is tried again by itself; null: as soon as something is given back. */
  until: z.number().nullable(),
  /** Who can change it. */
  who: z.string(),
});
export type LimitWait = z.infer<typeof LimitWait>;

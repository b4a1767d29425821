import { z } from "zod";

/** An error as data: what events, API answers and attempts carry. */
export const ErrorData = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorData = z.infer<typeof ErrorData>;

import { z } from "zod";
import { Actor, type RunEvent } from "../events.ts";
import { Json } from "../json.ts";

/** An event on the wire. A newer server may send types that an older client doesn't know, so the type is open here. */
export const EventRecord = z.object({
  type: z.string(),
  seq: z.int().min(1),
  /** Unix milliseconds. */
  at: z.number(),
  actor: Actor,
  data: Json,
}) as unknown as z.ZodType<RunEvent>;

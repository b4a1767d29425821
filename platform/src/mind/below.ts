import type { Json } from "@gantry/sdk";
import type { ModelAnswer } from "../models/types.ts";

type Paid = Pick<ModelAnswer, "usage" | "cost">;

/** What was paid for in thinkings that this one asked for: their ids begin with its own. */
export function paidBelow(notes: readonly Json[], thought: string): Paid[] {
  const begin = `${thought}/`;
  return notes.flatMap((note) => {
    const { thought: of, kind, ...said } = (note ?? {}) as { thought?: unknown; kind?: unknown; answer?: unknown };
    if (typeof of !== "string" || !of.startsWith(begin)) return [];
    if (kind === "answered") return [said.answer as Paid];
    return kind === "summarized" ? [said as unknown as Paid] : [];
  });
}

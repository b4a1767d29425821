import type cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyProblem } from "@gantry/sdk/api";

type Statement = Parameters<typeof cedar.policyToText>[0] & object;

/** One statement of a text, and where in it. */
export interface ReadStatement {
  id: string | null;
  json: Statement;
  text: string;
  /** In bytes, as Cedar counts. */
  at: number;
}

export type Add = (
  severity: PolicyProblem["severity"],
  rule: string,
  message: string,
  of: ReadStatement,
  at?: number,
) => void;

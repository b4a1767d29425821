import { GantryError } from "@gantry/sdk";

/** A tool called within an attempt would wait for longer than the attempt should. */
export class CallLimitedError extends GantryError {
  readonly code = "call_limited";
  override readonly fault = "operational";
  override readonly retryable = true;
  constructor(tool: string, what: string, until: number | null) {
    const when =
      until === null ? "nobody knows when its turn comes" : `its turn is at ${new Date(until).toISOString()}`;
    super(`${tool} wasn't called: it waits for the ${what}, and ${when}. Go on without it, or try again later.`, {
      details: { tool, what, until },
    });
  }
}

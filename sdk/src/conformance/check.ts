import { isDeepStrictEqual, inspect } from "node:util";
import { GantryError } from "../errors.ts";

/** One demand on a tool or agent, for the test runner of whoever wrote it. */
export interface Check {
  /** A sentence, with the name of the tool or agent in it. */
  readonly name: string;
  /** @throws {ConformanceError} when the demand isn't met. */
  readonly run: () => Promise<void>;
}

export class ConformanceError extends GantryError {
  readonly code = "conformance_failed";
  override readonly fault = "bug";
  constructor(what: string, cause?: unknown) {
    super(what, { cause });
  }
}

/** @throws {ConformanceError} */
export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ConformanceError(otherwise);
}

/** @throws {ConformanceError} with both values. */
export function demandSame(actual: unknown, expected: unknown, otherwise: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new ConformanceError(`${otherwise}\n  expected: ${show(expected)}\n  found:    ${show(actual)}`);
}

export function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 1_000, maxArrayLength: 50 });
}

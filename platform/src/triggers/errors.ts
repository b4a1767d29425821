import { GantryError } from "@gantry/sdk";

/** A trigger or freeze that could never work, said when it is created. */
export class TriggerInvalidError extends GantryError {
  readonly code = "trigger_invalid";
  constructor(field: string, why: string, cause?: unknown) {
    super(`${field} can't be used: ${why}`, { cause, details: { field } });
  }
}

/** The CEL of a trigger, over what came. */
export class ExpressionFailedError extends GantryError {
  readonly code = "expression_failed";
  constructor(field: string, why: string, cause?: unknown) {
    super(`${field} gives no usable value for this occurrence: ${why}. Mend the expression, or say \`has(…)\` first.`, {
      cause,
      details: { field },
    });
  }
}

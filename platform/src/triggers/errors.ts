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

/** The version that a trigger asks for isn't the one that this installation has. */
export class RunbookVersionMissingError extends GantryError {
  readonly code = "runbook_version_missing";
  constructor(runbook: string, wanted: string, has: string) {
    super(
      `Version ${wanted} of the runbook ${runbook} isn't installed; ${has} is. Create the trigger anew, for that version or for the latest.`,
      { details: { runbook, wanted, has } },
    );
  }
}

import { checkText, type CheckedText } from "./check-text.ts";
import { PolicyPermitsError, PolicyTextInvalidError } from "./errors.ts";

/** A text that may be stored, with its warnings. @throws PolicyPermitsError, PolicyTextInvalidError */
export function requirePolicy(text: string): CheckedText {
  const checked = checkText(text);
  const errors = checked.problems.filter(({ severity }) => severity === "error");
  const permits = errors.filter(({ rule }) => rule === "permit");
  if (permits.length > 0) throw new PolicyPermitsError(permits);
  if (errors.length > 0) throw new PolicyTextInvalidError(errors);
  return checked;
}

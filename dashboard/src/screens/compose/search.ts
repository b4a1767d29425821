import { oneOf, readAddress, text } from "../../data/address.ts";

/** What the address of the composer says. */
export const composeSearch = readAddress({
  by: oneOf("words", "runbook"),
  runbook: text(2_000),
  /** Tried out: a dry run with test inputs. */
  try: (given): true | undefined => (given === true ? given : undefined),
});

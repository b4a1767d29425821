import type { Parameter } from "./parameters.ts";
import { stem } from "./terms.ts";
import { isAddressOrNetwork, isHostname, isUrl } from "./typed.ts";
import type { Token } from "./types.ts";
import { free, oneOf, type Found, type Work } from "./work.ts";

const leadsToValue = /^(to|->|=|at|value|is)$/;

/** What the rest is about comes first; a name behind `to` or `=` is a value. */
export function findHostname(work: Work): Found {
  const { tokens } = work.sentence;
  const all = free(work, isHostname);
  const [first] = all.filter((index) => !leadsToValue.test(tokens[index - 1]?.lower ?? ""));
  if (first !== undefined && wantsText(work)) return { value: tokens[first]?.text ?? "", tokens: [first] };
  return oneOf(work, all);
}

function wantsText({ parameters }: Work): boolean {
  return parameters.some(({ kind, required }) => kind === "text" && required);
}

/** Free text is taken only where something leads to it, or where it is the one value left over. */
export function findText(work: Work, { required, cues }: Parameter): Found {
  if (!required) return null;
  const { tokens } = work.sentence;
  const isValue = (token: Token): boolean =>
    token.quoted || isAddressOrNetwork(token) || isHostname(token) || isUrl(token);
  const values = free(work, isValue);
  const led = values.filter((index) => {
    const before = tokens[index - 1]?.lower ?? "";
    return leadsToValue.test(before) || cues.has(stem(before));
  });
  return oneOf(work, led.length > 0 ? led : values);
}

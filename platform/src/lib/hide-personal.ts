/** Replaces what tells who somebody is: e-mail addresses, telephone numbers with their country, and names that are given. */
export function hidePersonal(names: readonly string[]): (text: string) => string {
  const long = names.filter((name) => name.length >= shortestName);
  return (text) => hideNames(text, long).replaceAll(address, "[e-mail]").replaceAll(telephone, "[telephone]");
}

/** Shorter ones are parts of ordinary words. */
const shortestName = 3;
/** Looked for only where a word begins: a long one would be read again from each of its letters. */
const address = /(?<![\p{L}\d._%+'-])[\p{L}\d._%+'-]+@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,8}/gu;
const telephone = /(?<![\w.])\+\d(?:[ ()/-]{0,2}\d){6,14}(?!\w)/g;

/** Of many names few are in a text: only for those is looked letter by letter. */
function hideNames(text: string, names: readonly string[]): string {
  const lower = text.toLowerCase();
  const found = names.filter((name) => lower.includes(name.toLowerCase()));
  if (found.length === 0) return text;
  const longestFirst = found
    .toSorted((one, other) => other.length - one.length)
    .map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\d])(?:${longestFirst.join("|")})(?![\\p{L}\\d])`, "giu"), "[person]");
}

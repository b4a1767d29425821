import { isVouched, sourceOf, urlsIn } from "./addresses.ts";
import type { Seen } from "./guards.ts";

/** An address that the model put together could carry what it read to whoever opens it, or to whatever shows it. */
export function leaveOutAddresses(text: string, seen: Seen): string {
  if (seen.outside.length === 0) return text;
  return urlsIn(text)
    .filter((url) => !isVouched(url, seen) && sourceOf(url, seen) === undefined)
    .toSorted((a, b) => b.length - a.length)
    .reduce((before, url) => before.replaceAll(url, "[address left out: nothing that was read names it]"), text);
}

/** Numbers of sources that there are not. */
export function keepCitations(text: string, { sources }: Seen): string {
  return text.replaceAll(/\bsource (\d{1,9})\b/gi, (cited, number: string) =>
    Number(number) >= 1 && Number(number) <= sources ? cited : "[no such source]",
  );
}

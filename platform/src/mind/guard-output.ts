import { isVouched, mapUrls, openUrlAt, sourceOf } from "./addresses.ts";
import type { Seen } from "./types.ts";

/** An address that the model put together could carry what it read to whoever opens it, or to whatever shows it. */
export function leaveOutAddresses(text: string, seen: Seen): string {
  if (seen.outside.length === 0) return text;
  return mapUrls(text, (url) =>
    isVouched(url, seen) || sourceOf(url, seen) !== undefined
      ? url
      : "[address left out: nothing that was read names it]",
  );
}

/** Numbers of sources that there are not. */
export function keepCitations(text: string, { sources }: Seen): string {
  return text.replaceAll(/\bsource (\d{1,9})\b/gi, (cited, number: string) =>
    Number(number) >= 1 && Number(number) <= sources ? cited : "[no such source]",
  );
}

/** An answer that is shown while it comes: what more text could still turn into an address or a citation waits for it. */
export function guardedStream(guard: (text: string) => string): { push(text: string): string; end(): string } {
  let held = "";
  return {
    push(text) {
      held += text;
      const citation = held.search(/\bsource(?: \d*)?$/i);
      const until = Math.min(openUrlAt(held), citation < 0 ? held.length : citation);
      const out = guard(held.slice(0, until));
      held = held.slice(until);
      return out;
    },
    end() {
      const out = guard(held);
      held = "";
      return out;
    },
  };
}

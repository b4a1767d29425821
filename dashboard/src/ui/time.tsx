import { useEffect, useState } from "react";
import { duration, utcTime } from "./time-words.ts";
import { Tooltip } from "./tooltip.tsx";

export { duration, utcTime };

/** A moment in UTC; local time on hover and focus. */
export function Time({ at, seconds = false }: { at: string; seconds?: boolean }) {
  return (
    <Tooltip text={localTime(at)}>
      <time dateTime={at} className="whitespace-nowrap">
        {utcTime(at, seconds)}
      </time>
    </Tooltip>
  );
}

/** How long ago; it grows by a clock of this page, without asking anybody. */
export function Ago({ at }: { at: string }) {
  const now = useNow(1_000);
  return (
    <Tooltip text={`${utcTime(at, true)}\n${localTime(at)}`}>
      <time dateTime={at} className="whitespace-nowrap">
        {duration(Math.max(0, now - Date.parse(at)))} ago
      </time>
    </Tooltip>
  );
}

/** Unix milliseconds, anew every so often while the page is looked at. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function localTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}

import type { Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from "react";
import type { LogRows } from "./log-rows.ts";

/**
 * Steps that run at once grow above what is read as well: the row at the top of the window stays where it is when the log grows, and when
 * its lines begin or cease to wrap.
 * Returns what to call when somebody scrolls.
 */
export function useAnchor({
  scroller,
  virtualizer,
  rows,
  version,
  wraps,
  holds,
}: {
  scroller: RefObject<HTMLElement | null>;
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  rows: LogRows;
  /** Changes when the log grew: who folds or filters wants to see another thing. */
  version: number;
  wraps: boolean;
  holds: boolean;
}): () => void {
  const latest = useRef(rows);
  const anchor = useRef<{ attempt: string; line: number | null; beyond: number } | null>(null);
  const remember = useCallback(() => {
    const element = scroller.current;
    const item = element === null ? undefined : virtualizer.getVirtualItemForOffset(element.scrollTop);
    const row = item === undefined ? null : latest.current.at(item.index);
    if (element === null || item === undefined || row === null) return void (anchor.current = null);
    anchor.current = { attempt: row.log.attempt, line: row.line, beyond: element.scrollTop - item.start };
  }, [scroller, virtualizer]);

  useLayoutEffect(() => {
    const element = scroller.current;
    const kept = anchor.current;
    if (!holds || element === null || kept === null) return;
    const first = rows.indexOf(kept.attempt, kept.line ?? 0);
    const index = kept.line === null && first > 0 ? first - 1 : first;
    // Brings what follows up to date.
    virtualizer.getTotalSize();
    const start = index < 0 ? undefined : virtualizer.measurementsCache[index]?.start;
    if (start !== undefined && Math.abs(element.scrollTop - start - kept.beyond) > 1)
      virtualizer.scrollToOffset(start + kept.beyond);
    // oxlint-disable-next-line react/exhaustive-deps
  }, [version, wraps]);

  useEffect(() => {
    latest.current = rows;
  });
  return remember;
}

import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type RefObject } from "react";

/** More than fit any window. */
const rowsBehind = 200;

/**
 * Goes to a row of a long list once it is there: it may be read later than its address is opened. A row that is seen already stays where
 * it is. What this returns says which row somebody chose in the list itself: nothing moves then.
 */
export function useGoToRow({
  wanted,
  index,
  count,
  settled,
  align = "center",
  virtualizer,
  scroller,
  onGo,
}: {
  /** Tells rows apart, also before they are read; empty: none. */
  wanted: string;
  /** Where it is among the `count` rows by now; negative: not yet. */
  index: number;
  count: number;
  /** Everything that was there when the list was opened has been read. */
  settled: boolean;
  align?: "start" | "center";
  virtualizer: Virtualizer<HTMLDivElement, Element>;
  scroller: RefObject<HTMLElement | null>;
  onGo(): void;
}): (shown: string) => void {
  const shown = useRef("");
  const total = virtualizer.getTotalSize();
  useEffect(() => {
    if (wanted === "") shown.current = "";
    if (wanted === shown.current || index < 0 || index >= count) return;
    // Where it can't come to the middle yet, the list would stand at its end for now.
    if (!settled && index + rowsBehind > count) return;
    let frame = 0;
    const go = (): void => {
      // What the browser scrolls can be a frame behind what was drawn, and is in whole pixels: further than it is tall it wouldn't go.
      if ((scroller.current?.scrollHeight ?? 0) + 1 < total) return void (frame = requestAnimationFrame(go));
      shown.current = wanted;
      onGo();
      const { range } = virtualizer;
      if (range !== null && index > range.startIndex + 1 && index < range.endIndex - 1) return;
      virtualizer.scrollToIndex(index, { align });
    };
    go();
    return () => cancelAnimationFrame(frame);
  }, [wanted, index, count, settled, align, total, virtualizer, scroller, onGo]);
  return (chosen) => void (shown.current = chosen);
}

import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from "react";

export interface Follow {
  /** For the element that scrolls. */
  scroller: RefObject<HTMLDivElement | null>;
  following: boolean;
  /** Go to the end and stay there. */
  start(): void;
  /** The list goes elsewhere, itself: where that is its end for now, it doesn't follow. */
  stop(): void;
  /** For it as well. */
  onScroll(): void;
}

/**
 * Keeps a list that grows at its end, until the reader scrolls up: from then on nothing moves, and only `start`, or scrolling to the end,
 * brings it back. The element that scrolls has one child, which is as tall as the list.
 */
export function useFollow(initially: boolean): Follow {
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(initially);
  // Known at once: a list may be drawn between a scroll and what React makes of it.
  const follows = useRef(initially);
  const last = useRef({ top: 0, height: 0 });
  const turn = useCallback((on: boolean) => {
    follows.current = on;
    setFollowing(on);
  }, []);

  /** Whether the reader went up since it was last looked at. A list that became shorter moves by itself. */
  const wentUp = (element: HTMLElement): boolean =>
    element.scrollTop < last.current.top - 1 && element.scrollHeight >= last.current.height;
  const look = (element: HTMLElement): void => {
    last.current = { top: element.scrollTop, height: element.scrollHeight };
  };
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null || !follows.current) return;
    if (wentUp(element)) return turn(false);
    element.scrollTop = element.scrollHeight;
    look(element);
  }, [scroller, turn]);

  // Whatever makes it taller: rows that come, and rows that are measured and turn out taller than was thought.
  useLayoutEffect(() => {
    const content = scroller.current?.firstElementChild;
    if (content === null || content === undefined) return;
    const sizes = new ResizeObserver(toEnd);
    sizes.observe(content);
    return () => sizes.disconnect();
  }, [scroller, toEnd]);
  useLayoutEffect(() => {
    if (following) toEnd();
  }, [following, toEnd]);

  return {
    scroller,
    following,
    start: () => {
      const element = scroller.current;
      if (element !== null) look(element);
      turn(true);
    },
    stop: useCallback(() => {
      last.current = { top: Number.POSITIVE_INFINITY, height: 0 };
      turn(false);
    }, [turn]),
    onScroll: () => {
      const element = scroller.current;
      if (element === null) return;
      const { scrollTop: top, scrollHeight: height, clientHeight } = element;
      if (follows.current && wentUp(element)) turn(false);
      else if (!follows.current && top > last.current.top && height - top - clientHeight < nearPx) turn(true);
      look(element);
    },
  };
}

const nearPx = 4;

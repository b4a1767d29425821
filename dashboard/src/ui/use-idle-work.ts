import { useEffect } from "react";

/**
 * Does work in parts while the browser has nothing better to do: `advance` works until it is late, and says whether all is done. It is
 * called again when `because` changes.
 */
export function useIdleWork(advance: (isLate: () => boolean) => boolean, because: readonly unknown[]): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const work = (): void => {
      const end = performance.now() + turnMs;
      if (!advance(() => performance.now() > end)) timer = setTimeout(work);
    };
    timer = setTimeout(work);
    return () => clearTimeout(timer);
    // Whoever calls says what it depends on.
    // oxlint-disable-next-line react/exhaustive-deps
  }, because);
}

/** Short enough that a frame can still be drawn in time. */
const turnMs = 8;

import { useSyncExternalStore } from "react";

/** How wide the window is, in pixels: for what has another form where there is less room, not only another look. */
export function useWidth(): number {
  return useSyncExternalStore(subscribe, () => window.innerWidth);
}

function subscribe(changed: () => void): () => void {
  addEventListener("resize", changed);
  return () => removeEventListener("resize", changed);
}

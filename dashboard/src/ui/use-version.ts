import { useCallback, useState } from "react";

/** A number that grows with each call: what is kept outside React has changed, and whoever shows it looks again. */
export function useVersion(): [version: number, changed: () => void] {
  const [version, setVersion] = useState(0);
  return [version, useCallback(() => setVersion((before) => before + 1), [])];
}

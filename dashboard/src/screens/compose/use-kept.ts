import { useCallback, useState } from "react";

/**
 * State that outlives a reload, a step back and another screen: it stays with this tab until it is closed. What is typed is never lost
 * so; nothing secret is ever typed here.
 */
export function useKept<T>(name: string, initial: () => T): [T, (next: T) => void] {
  const [state, setState] = useState(() => ({ name, value: read<T>(name) ?? initial() }));
  const current = state.name === name ? state : { name, value: read<T>(name) ?? initial() };
  if (current !== state) setState(current);
  const put = useCallback(
    (value: T) => {
      keep(name, value);
      setState({ name, value });
    },
    [name],
  );
  return [current.value, put];
}

/** Puts something where `useKept` of that name finds it. */
export function keep(name: string, value: unknown): void {
  try {
    sessionStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch {
    // Full, or refused: it lasts as long as the screen.
  }
}

function read<T>(name: string): T | null {
  try {
    const kept = sessionStorage.getItem(keyOf(name));
    return kept === null ? null : (JSON.parse(kept) as T);
  } catch {
    return null;
  }
}

function keyOf(name: string): string {
  return `gantry.compose.${name}`;
}

import type { ReactNode } from "react";

export interface DataColumn<Row> {
  id: string;
  title: string;
  cell(row: Row): ReactNode;
  /** A track of a CSS grid. */
  width: string;
  /** Shown in windows at least so wide, in pixels. */
  from?: number;
  /** The server sorts by this; which way first. */
  sort?: { by: string; first: "up" | "down" };
}

/** `created`: the earliest first; `-created`: the latest first. */
export function nextSort(current: string, { by, first }: { by: string; first: "up" | "down" }): string {
  if (current === by) return `-${by}`;
  if (current === `-${by}`) return by;
  return first === "down" ? `-${by}` : by;
}

export function ariaSort(current: string, by: string): "ascending" | "descending" | "none" {
  if (current === by) return "ascending";
  return current === `-${by}` ? "descending" : "none";
}

/** Where a key leads from a row; null for keys that mean nothing here. */
export function rowAfterKey(key: string, at: number, count: number, page = 10): number | null {
  const within = (index: number): number => Math.max(0, Math.min(count - 1, index));
  switch (key) {
    case "ArrowDown":
      return within(at + 1);
    case "ArrowUp":
      return within(at - 1);
    case "PageDown":
      return within(at + page);
    case "PageUp":
      return within(at - page);
    case "Home":
      return 0;
    case "End":
      return within(count - 1);
    default:
      return null;
  }
}

/** The rows between two, both included; for selecting with Shift. */
export function between(ids: readonly string[], from: string, to: string): string[] {
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  if (a < 0 || b < 0) return [to];
  return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

import { safeText } from "../safe-text.ts";

/** The same value, with nothing in its texts and names that a terminal or a model would take for more than text. */
export function safeValue<T>(value: T): T {
  if (typeof value === "string") return safeText(value) as T;
  if (Array.isArray(value)) return value.map(safeValue) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [safeText(name), safeValue(one)])) as T;
}

/** The beginning of a text that may be long, with how much was left out. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

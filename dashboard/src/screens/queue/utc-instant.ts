/** `2026-12-23 18:00`, taken as UTC, as ISO 8601. Undefined for nothing, null for what is no time. */
export function utcInstant(text: string): string | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(?: ?UTC|Z)?$/.exec(trimmed);
  if (match === null) return null;
  const [, day = "", time = ""] = match;
  const at = Date.parse(`${day}T${time}:00Z`);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

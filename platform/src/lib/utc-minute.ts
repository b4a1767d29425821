/** `2026-11-21 11:43 UTC`. Takes ISO 8601 or Unix milliseconds. */
export function utcMinute(at: string | number | Date): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

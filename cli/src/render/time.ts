/** `2026-11-21 11:43:15 UTC`. Takes ISO 8601 or Unix milliseconds. */
export function absolute(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `11:43:15`, for lines of one run's progress; UTC like all times. */
export function clockTime(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** `850 ms`, `3.2 s`, `2 m 05 s`, `4 h 12 m`, `3 d 04 h`. */
export function duration(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** `3 s ago`, `in 59 m 30 s`. */
export function relative(time: string | number, now: number): string {
  const distance = new Date(time).getTime() - now;
  // Nobody waits for tenths of a second of something that is minutes away.
  return distance > 0 ? `in ${duration(distance)}` : `${duration(-distance)} ago`;
}

/** Milliseconds of `90s`, `15m`, `2h`, `1d`, `500ms`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as "ms" | "s" | "m" | "h" | "d"];
  return Number(match[1]) * unit;
}

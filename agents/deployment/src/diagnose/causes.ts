import { z } from "zod";

export const Cause = z.enum([
  "port_taken",
  "dependency_missing",
  "configuration_missing",
  "disk_full",
  "memory",
  "unreachable",
  "permission",
  "crashed",
  "unhealthy",
  "build_failed",
  "unknown",
]);
export type Cause = z.infer<typeof Cause>;

/** In the order in which they explain most: a crash often follows from one of those before it. */
const signs: readonly (readonly [Cause, RegExp])[] = [
  ["port_taken", /EADDRINUSE|address already in use|port \d+ .{0,40}is taken/i],
  ["disk_full", /ENOSPC|no space left on device/i],
  ["memory", /out of memory|OOMKilled|Cannot allocate memory|exit(ed)?( with)?( code)? 137\b/i],
  [
    "dependency_missing",
    /Cannot find (module|package)|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|No module named|command not found/i,
  ],
  [
    "configuration_missing",
    /(environment variable|config(uration)?)\b.{0,60}\b(missing|required|not set|undefined)|(missing|required)\b.{0,60}\benvironment variable/i,
  ],
  ["permission", /EACCES|EPERM|permission denied/i],
  ["unreachable", /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|connection refused|no such host/i],
  ["build_failed", /npm (ERR!|error)|build failed|error TS\d+/i],
  ["crashed", /Uncaught|Unhandled|TypeError|ReferenceError|SyntaxError|Traceback|panic:|segmentation fault/i],
  ["unhealthy", /health|expected status|\b50[0-4]\b/i],
];

export const Sign = z.object({ cause: Cause, source: z.string(), line: z.string() });
export type Sign = z.infer<typeof Sign>;

/** A text that something wrote which may say why: a log, an error. */
export interface Evidence {
  source: string;
  text: string;
}

const mostSigns = 20;
const longestLine = 500;

/** Lines that tell of a known cause, the likeliest first; one per cause and source. */
export function signsIn(evidence: readonly Evidence[]): Sign[] {
  const found = signs.flatMap(([cause, pattern]) =>
    evidence.flatMap(({ source, text }): Sign[] => {
      const line = text.split("\n").findLast((one) => pattern.test(one.slice(0, 10_000)));
      return line === undefined ? [] : [{ cause, source, line: line.trim().slice(0, longestLine) }];
    }),
  );
  return found.slice(0, mostSigns);
}

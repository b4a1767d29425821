import { z } from "zod";
import type { Paint } from "../terminal.ts";
import { safeLine } from "./safe-text.ts";
import { clockTime } from "./time.ts";

/** A line of the platform's structured log; levels as in https://getpino.io. */
const Line = z.looseObject({ level: z.number(), time: z.union([z.number(), z.string()]), msg: z.string().default("") });

export type Level = "info" | "warn";
const least: Readonly<Record<Level, number>> = { info: 30, warn: 40 };

/** What a person reads of a log line; null when it is less than `level`. Anything else is shown as it is. */
export function renderLogLine(text: string, options: { paint: Paint; level: Level }): string | null {
  const line = Line.safeParse(parse(text));
  if (!line.success) return safeLine(text);
  const { level, time, msg, ...rest } = line.data;
  if (level < least[options.level]) return null;
  const word = level >= 50 ? options.paint("red", "error") : level >= 40 ? options.paint("yellow", "warning") : "info";
  const at = clockTime(new Date(time).getTime());
  return `${options.paint("dim", at)} ${word}: ${safeLine(msg)}${options.paint("dim", fieldsOf(rest))}`;
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): string {
  const { err, pid: _pid, hostname: _hostname, name: _name, ...rest } = fields;
  const why = typeof err === "object" && err !== null && "message" in err ? { error: err.message } : {};
  return Object.entries({ ...rest, ...why })
    .map(([name, value]) => ` ${name}=${safeLine(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

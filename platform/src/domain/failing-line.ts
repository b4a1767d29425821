import type { FailingLine } from "@gantry/sdk/api";

/** A line of an attempt's log; numbers start with 1. */
export interface NumberedLine {
  line: number;
  stream: FailingLine["stream"];
  text: string;
}

const around = 3;
const longest = 2_000;

/** Says that something failed, where tools put it: `Error: …`, `│ Error:`, `npm ERR!`, `a.ts:1:2 - error TS2304: …`, `FATAL`. */
const strong: readonly RegExp[] = [
  /\b(?:error|fatal|panic|exception|failure)\b(?:\[[^\]]*\]|\s+[A-Z]{1,6}\d+)?\s*[:!]/i,
  /^\W*(?:error|fatal|panic|failed|traceback|uncaught|unhandled)\b/i,
  /\bERR!|✖|✗/,
  /\b\w+(?:Error|Exception):/,
];
const weak =
  /\b(?:cannot|can't|could ?n[o']t|denied|refused|not found|no such|timed out|invalid|unexpected|failed|failure|error|aborted|killed|unreachable)\b/i;
const fine = /\b(?:0|no)\s+(?:errors?|failures?|failed)\b|\b(?:errors?|failures?|failed)\s*[:=]\s*0\b/i;

/**
 * The line of a failed attempt's log that a reader should see first: the first that says so itself, else the first on
 * standard error that sounds like it, else the last that was written, on standard error where there is one. A guess: logs have no form.
 */
export function firstFailingLine(lines: readonly NumberedLine[]): Omit<FailingLine, "attempt"> | null {
  const said = lines.map((one) => ({ ...one, text: plain(one.text) }));
  const at = indexOfFailure(said);
  const found = said[at];
  if (found === undefined) return null;
  const texts = (from: number, to: number): string[] => said.slice(Math.max(0, from), to).map(({ text }) => text);
  return { ...found, before: texts(at - around, at), after: texts(at + 1, at + 1 + around) };
}

function indexOfFailure(lines: readonly NumberedLine[]): number {
  const bad = ({ text }: NumberedLine): boolean => !fine.test(text);
  const says = lines.findIndex((one) => strong.some((form) => form.test(one.text)) && bad(one));
  if (says !== -1) return says;
  const sounds = lines.findIndex((one) => one.stream === "stderr" && weak.test(one.text) && bad(one));
  if (sounds !== -1) return sounds;
  const lastOf = (stream: NumberedLine["stream"]): number =>
    lines.findLastIndex((one) => one.stream === stream && /[\p{L}\p{N}]/u.test(one.text));
  const last = lastOf("stderr");
  return last === -1 ? lastOf("stdout") : last;
}

/** Without colours, titles and links of terminals, which are no part of what was said. */
function plain(text: string): string {
  return text.replaceAll(escapes, "").slice(0, longest).trimEnd();
}

// OSC … ST, CSI …, and short ones.
const escapes = /\u001B(?:\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\[[0-?]*[ -/]*[@-~]|[@-Z\\^_])/g;

import type { RunbookProblem } from "@gantry/sdk/runbook-file";
import type { Layout } from "./layout.ts";
import { safeLine } from "./safe-text.ts";
import { hanging } from "./text.ts";

/** `file:line:column: error: what, hint and code`, which editors and CI can jump to. */
export function renderProblems(problems: readonly RunbookProblem[], { paint, width }: Layout): string[] {
  return problems.flatMap(({ file, line, column, severity, code, message, hint }) => {
    const place = `${safeLine(file)}:${line}:${column}`;
    const style = severity === "error" ? "red" : "yellow";
    return [
      `${paint("bold", place)}: ${paint(style, severity)}: ${safeLine(message)}`,
      ...(hint === undefined ? [] : hanging("    ", safeLine(hint), width)),
      paint("dim", `    ${code}`),
    ];
  });
}

/** For a pipe: a line each, nothing cut. */
export function problemLine({ file, line, column, severity, code, message, hint }: RunbookProblem): string {
  const text = hint === undefined ? message : `${message} ${hint}`;
  return `${safeLine(file)}:${line}:${column}: ${severity}: ${safeLine(text)} [${code}]`;
}

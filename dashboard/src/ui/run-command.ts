import { commandLine } from "./command-line.ts";

/** `npx gantry run …` for what a form holds. */
export function runCommand(
  runbook: string,
  environment: string,
  parameters: Readonly<Record<string, unknown>>,
  project = "default",
): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${text(value)}`);
  return commandLine(["run", runbook], { e: environment, p: given, project: project === "default" ? null : project });
}

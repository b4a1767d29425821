import type { OnboardingView } from "@gantry/sdk/api";

export type Example = NonNullable<OnboardingView["example"]>;

/** `gantry run …` for what a form holds. */
export function runCommand(
  runbook: string,
  environment: string,
  parameters: Readonly<Record<string, unknown>>,
): string {
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const given = Object.entries(parameters).map(([name, value]) => `-p ${quoted(`${name}=${text(value)}`)}`);
  return ["npx gantry run", runbook, `-e ${environment}`, ...given].join(" ");
}

function quoted(text: string): string {
  return /^[\w./:=@,+-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

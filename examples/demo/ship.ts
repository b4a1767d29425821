import { DemoStoppedError } from "./checks.ts";
import { environment, type Demo } from "./demo.ts";

/** Exit codes of `gantry`; docs/reference/exit-codes.md. */
export const exits = { ok: 0, failed: 1, waiting: 3, denied: 5, undone: 6 } as const;

/** A run that stopped at its gate. */
export interface AtGate {
  run: string;
  /** Of the change set that waits. */
  hash: string;
}

/** Submits a goal as the requester and goes as far as its gate. @throws {DemoStoppedError} when it never comes there. */
export async function submit(
  { gantry, people, checks }: Demo,
  args: readonly string[],
  { show = "line" }: { show?: "all" | "line" } = {},
): Promise<AtGate> {
  const result = await gantry(people.requester, ["run", ...args, "-e", environment], { show });
  checks.is("It stops at the gate: exit code 3, waiting for an approval", result.exitCode, exits.waiting);
  return atGate(result.stderr);
}

/** What the command itself says is to be typed next. @throws {DemoStoppedError} */
export function atGate(said: string): AtGate {
  const [, run, hash] = /gantry approve ([0-9a-f-]{36}) (sha256:[0-9a-f]{64})/.exec(said) ?? [];
  if (run === undefined || hash === undefined)
    throw new DemoStoppedError(`The run did not come to its gate:\n${said.trim()}`);
  return { run, hash };
}

/** The approver approves what was shown and follows the run to its end; answers the exit code. */
export async function approve({ gantry, people }: Demo, { run, hash }: AtGate): Promise<number> {
  return (await gantry(people.approver, ["approve", run, hash, "--wait"])).exitCode;
}

/** The parameters of `deploy.service` that don't change between versions are in a file beside the repository. */
export const shipping = (version: string): string[] => [
  "deploy.service",
  "--parameters",
  "greeter.json",
  "-p",
  `ref=v${version}`,
];

import { compareVersions } from "@gantry/sdk";
import { ToolTooOldError, ToolVersionUnknownError } from "./errors.ts";
import type { ExecResult } from "./exec-result.ts";

/**
 * Checks that a tool is new enough.
 * @param ask Runs the tool so that it tells its version, for example `terraform version -json`.
 * @param parse Finds the version (`1.9.5`) in what it said; null when it isn't there.
 * @returns the version found.
 * @throws {ToolTooOldError} below `minimum`.
 * @throws {ToolVersionUnknownError} when no version was found.
 */
export async function requireVersion(options: {
  tool: string;
  minimum: string;
  ask: () => Promise<Pick<ExecResult, "stdout" | "stderr">>;
  parse: (stdout: string, stderr: string) => string | null;
}): Promise<string> {
  const { tool, minimum, ask, parse } = options;
  const { stdout, stderr } = await ask();
  const found = parse(stdout.text, stderr.text);
  if (found === null || !/^v?\d+(\.\d+)*/.test(found)) throw new ToolVersionUnknownError(tool, minimum);
  if (compareVersions(found, minimum) < 0) throw new ToolTooOldError(tool, found, minimum);
  return found;
}

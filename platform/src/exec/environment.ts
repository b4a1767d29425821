import { isAbsolute, delimiter } from "node:path";
import type { Workspace } from "./workspace.ts";

/** What a tool may see of the worker's environment unless the operator lists more. */
const alwaysPassed = ["LANG", "LC_ALL", "LC_CTYPE", "TZ"];

export const ATTEMPT_MARKER = "GANTRY_ATTEMPT_ID";
export const EXECUTION_MARKER = "GANTRY_EXECUTION_ID";

/** The whole environment of a tool. Nothing else of the worker's own reaches it. */
export function toolEnvironment(options: {
  id: string;
  attemptId: string;
  workspace: Workspace;
  worker: Readonly<Record<string, string | undefined>>;
  pass: readonly string[];
  extra: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { id, attemptId, workspace, worker, pass, extra } = options;
  const environment: Record<string, string> = {};
  for (const name of [...alwaysPassed, ...pass]) {
    const value = worker[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    PATH: searchPath(worker),
    HOME: workspace.home,
    TMPDIR: workspace.tmp,
    ...extra,
    // Last, as the marks by which survivors are found must hold whatever a request says.
    [ATTEMPT_MARKER]: attemptId,
    [EXECUTION_MARKER]: id,
  };
}

/** The worker's PATH without empty and relative entries: they would mean the (untrusted) working directory. */
export function searchPath(worker: Readonly<Record<string, string | undefined>>): string {
  return (worker["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter).filter(isAbsolute).join(delimiter);
}

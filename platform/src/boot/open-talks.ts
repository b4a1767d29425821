import type { OpenTalk } from "../exec/index.ts";
import { openExec } from "./open-exec.ts";
import type { Parts } from "./parts.ts";

/** Programs that are spoken to, in the sandbox of tools; null in a process that runs none. The sandbox is tried when the first is started. */
export function openTalks({ config, log }: Pick<Parts, "config" | "log">): OpenTalk | null {
  if (config.role === "api") return null;
  const path = config.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  let opened: Promise<OpenTalk> | undefined;
  return async (request) => {
    opened ??= openExec({ config, log }, path, "talks").then(({ talks }) => talks);
    return (await opened)(request);
  };
}

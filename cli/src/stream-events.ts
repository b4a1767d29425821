import type { Context } from "./context.ts";
import { exitCodes, type ExitName } from "./exit-codes.ts";
import type { Progress } from "./progress.ts";
import { safeJson } from "./render/safe-text.ts";
import { watchRun, type WatchOptions } from "./watch-run.ts";

/**
 * A run's events as newline-delimited JSON on stdout. The first line says which format follows, the last how it ended, so
 * that a reader can tell an end from a cut:
 *
 *     {"type":"gantry.stream","version":1,"stream":"events","run":"…"}
 *     {"type":"run.created","seq":1,…}
 *     {"type":"gantry.end","status":"succeeded","exit":0}
 */
export async function streamEvents(
  context: Context,
  options: Omit<WatchOptions, "progress" | "data">,
): Promise<ExitName> {
  const { terminal } = context;
  const line = (value: unknown): void => terminal.data(safeJson(value));
  let status: string | null = null;
  const progress: Progress = {
    event: line,
    state: (run) => (status = run.status),
    note: (text) => line({ type: "gantry.note", text }),
    end: () => undefined,
  };
  line(streamOpening("events", options.run));
  const exit = await watchRun(context, { ...options, progress, data: false });
  line({ type: "gantry.end", status, exit: exitCodes[exit].code });
  return exit;
}

/** The first line of every stream. `version` grows when a reader of the old one would be misled. */
export function streamOpening(stream: "events" | "logs", run: string): Record<string, unknown> {
  return { type: "gantry.stream", version: 1, stream, run };
}

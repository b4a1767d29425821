import type { BulkActionView } from "@gantry/sdk/api";
import type { Context } from "./context.ts";
import type { ExitName } from "./exit-codes.ts";
import { duration } from "./render/time.ts";

/** Waits until every run has answered. `exit` is null then; otherwise following ended before that. */
export async function followBulk(
  context: Context,
  first: BulkActionView,
  timeoutMs: number | undefined,
): Promise<{ view: BulkActionView; exit: ExitName | null }> {
  const { terminal, now } = context;
  const abort = new AbortController();
  let exit: ExitName | null = null;
  const stop = (why: ExitName): void => {
    exit ??= why;
    abort.abort();
  };
  const stopListening = context.onSignals(["SIGINT"], () => stop("interrupted"));
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop("timeout"), timeoutMs);
  let view = first;
  let said = now();
  try {
    while (view.status === "running") {
      const before = view.progress.pending;
      view = await context.client().bulkActions.get(view.id, { beyond: view.count - before }, { signal: abort.signal });
      if (view.progress.pending !== before || now() - said > 30_000) {
        terminal.say(`${view.count - view.progress.pending} of ${view.count} have answered`);
        said = now();
      }
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const what = exit === "timeout" ? `Not done after ${duration(timeoutMs ?? 0)}.` : "Detached.";
    terminal.say(`\n${what} The commands are stored and will be carried out.`);
    terminal.say(`  look:  gantry runs bulk ${view.id}`);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
  return { view, exit };
}

import type { RunEvent } from "@gantry/sdk";
import type { RunDetail } from "@gantry/sdk/api";
import type { RunStreamItem } from "@gantry/sdk/client";
import type { Context } from "./context.ts";
import { CommandRefusedError } from "./errors.ts";
import { exitOfRun, type ExitName, type Wanted } from "./exit-codes.ts";
import type { Progress } from "./progress.ts";

export interface FollowOptions {
  run: string;
  progress: Progress;
  /** Stop also where a person is needed, instead of waiting for that person. */
  stopAtGate: boolean;
  /** What makes the exit code 0. */
  wanted?: Wanted;
  /** Whether to show what happened before, too. */
  history: boolean;
  /** Milliseconds; then it stops following. */
  timeoutMs?: number | undefined;
  /**
   * The run's newest event before a command was sent. Until there is a newer one the command hasn't taken effect, and
   * what the run looks like says nothing: a finished run that is to be undone is still finished.
   */
  behind?: number;
  /** The command was stored, and nobody has said yet what comes of it: a refusal behind it is taken for its answer. */
  unanswered?: boolean;
}

export type Followed =
  | { kind: "stopped"; run: RunDetail; exit: ExitName }
  | { kind: "detached" }
  | { kind: "timed_out"; run: RunDetail | undefined };

/**
 * Follows a run by its history until it has ended or needs a person. Events come live and none is skipped; what the run
 * is then is asked of the server, so that this shows what every other view does.
 *
 * @throws {CommandRefusedError} when the run's owner refused the command that came behind `behind` and was `unanswered`
 */
export async function followRun(context: Context, options: FollowOptions): Promise<Followed> {
  const { run, progress, behind = 0, unanswered = false } = options;
  const abort = new AbortController();
  const client = context.client();
  let stopped: "interrupted" | "timeout" | undefined;
  let latest: RunDetail | undefined;
  const stop = (why: typeof stopped): void => {
    stopped ??= why;
    abort.abort();
  };
  const stopListening = context.onSignals(["SIGINT"], () => stop("interrupted"));
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => stop("timeout"), options.timeoutMs);

  /** Asks for the run, and says whether that is where following ends. */
  const look = async (): Promise<Followed | undefined> => {
    latest = await client.runs.get(run, undefined, { signal: abort.signal });
    progress.state(latest);
    if (latest.seq <= behind) return undefined;
    const exit = exitOfRun(latest, options.wanted);
    if (exit === "running" || (exit === "waiting" && !options.stopAtGate)) return undefined;
    return { kind: "stopped", run: latest, exit };
  };

  const show = (item: RunStreamItem): void => {
    if (item.kind === "part") progress.part?.(item.part);
    else if (item.kind === "event") {
      progress.event(item.event);
      if (unanswered) throwIfRefused(item.event);
    } else if (item.kind === "reset") progress.note(item.reason);
    else if (item.kind === "reconnecting") progress.note(`connection lost: ${item.error.message} Trying again.`);
  };

  try {
    let seen = behind;
    if (!options.history) {
      const end = await look();
      if (end !== undefined) return end;
      seen = Math.max(behind, latest?.seq ?? 0);
    }
    let end: Followed | undefined;
    for await (const batch of batches(
      client.runs.follow(run, { after: seen, signal: abort.signal, parts: progress.part !== undefined }),
    )) {
      for (const item of batch) {
        show(item);
        if (item.kind === "event") seen = item.event.seq;
        if (item.kind === "reset") seen = Number.POSITIVE_INFINITY;
      }
      if (batch.every(({ kind }) => kind === "part")) continue;
      // Show the whole history of a run that ended long ago, not only what came with the first packet.
      if (end === undefined || seen >= (latest?.seq ?? 0)) end = await look();
      if (end !== undefined && seen >= (latest?.seq ?? 0)) return end;
    }
    return stopped === "timeout" ? { kind: "timed_out", run: latest } : { kind: "detached" };
  } catch (error) {
    if (stopped === "interrupted") return { kind: "detached" };
    if (stopped === "timeout") return { kind: "timed_out", run: latest };
    throw error;
  } finally {
    clearTimeout(timer);
    stopListening();
    progress.end();
    abort.abort();
  }
}

function throwIfRefused({ type, data }: RunEvent): void {
  if (type === "command.refused") throw new CommandRefusedError(data.error.code, data.error.message);
}

/** Items as they come, those that are there at the same time together, so that a burst costs one question. */
async function* batches<Item>(source: AsyncGenerator<Item>): AsyncGenerator<Item[]> {
  const waiting: Item[] = [];
  let ended = false;
  let failure: { error: unknown } | undefined;
  let wake = (): void => {};
  void (async () => {
    try {
      for await (const item of source) {
        waiting.push(item);
        wake();
      }
    } catch (error) {
      failure = { error };
    } finally {
      ended = true;
      wake();
    }
  })();
  for (;;) {
    if (waiting.length > 0) yield waiting.splice(0);
    else if (failure) throw failure.error;
    else if (ended) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

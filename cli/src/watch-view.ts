import { setTimeout as delay } from "node:timers/promises";
import type { StreamItem } from "@gantry/sdk/client";
import { ApiError, ConnectionFailedError } from "@gantry/sdk/client";
import type { Context } from "./context.ts";
import { exitCodes, type ExitName } from "./exit-codes.ts";
import { safeJson, safeLine } from "./render/safe-text.ts";
import { clockTime } from "./render/time.ts";
import { createScreen } from "./screen.ts";

/** Something that is shown again whenever it changes. */
export interface View<Value> {
  /** What the stream of `--json` is called in its first line. */
  stream: string;
  load(signal: AbortSignal): Promise<Value>;
  /** For a person on a terminal. */
  lines(value: Value): string[];
  /** For programs: what it consists of. Only what is new or changed is written. */
  items(value: Value): readonly Item[];
  /** Nothing will change any more. */
  ended?(value: Value): boolean;
  /** Where the stream of events doesn't tell of every change, how often to look without it. */
  everyMs?: number;
  /** The same, where the server can wait: resolves when there is more to see than this. */
  news?(value: Value, signal: AbortSignal): Promise<unknown>;
}

export interface Item {
  id: string;
  /** With `--json`. */
  data: unknown;
  /** In a pipe. */
  text: string;
  /** It has changed when this has. */
  mark: string;
}

interface Output<Value> {
  show(value: Value): void;
  /** The connection broke, or is back again (undefined). */
  note(text: string | undefined): void;
  end(exit: ExitName): void;
}

/**
 * Shows a view until it has ended or Ctrl-C: drawn over itself on a terminal; in a pipe a line for each item that is new or has
 * changed; with `--json` that as JSON lines, the first of which says which format follows and the last how it ended:
 *
 *     {"type":"gantry.stream","version":1,"stream":"runs"}
 *     {"type":"gantry.item","id":"…","item":{…}}
 *     {"type":"gantry.removed","id":"…"}
 *     {"type":"gantry.end","exit":130}
 */
export async function watchView<Value>(context: Context, view: View<Value>): Promise<ExitName> {
  const abort = new AbortController();
  const { signal } = abort;
  const stopListening = context.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => abort.abort());
  const output = outputOf(context, view);
  const looks = createLooks();
  let exit: ExitName = "interrupted";
  try {
    let seen = false;
    let waits = false;
    for await (const change of changes(context, { view, looks, signal })) {
      if (change.trouble !== undefined) output.note(change.trouble);
      try {
        const value = await view.load(signal);
        seen = true;
        output.show(value);
        if (view.ended?.(value) === true) {
          exit = "ok";
          break;
        }
        if (view.news === undefined || waits) continue;
        waits = true;
        void view
          .news(value, signal)
          .catch(() => delay(afterFailureMs, undefined, { signal }))
          .then(looks.look, () => undefined)
          .finally(() => (waits = false));
      } catch (error) {
        // Once it has shown something, an outage is waited for.
        if (!seen || !mayPass(error)) throw error;
        output.note((error as Error).message);
        void delay(afterFailureMs, undefined, { signal }).then(looks.look, () => undefined);
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      exit = "failed";
      throw error;
    }
  } finally {
    abort.abort();
    stopListening();
    output.end(exit);
  }
  return exit;
}

/** Yields at once, and then whenever it is worth looking again; a burst of events counts once. */
async function* changes<Value>(
  context: Context,
  {
    view: { everyMs },
    looks: { look, due },
    signal,
  }: { view: View<Value>; looks: ReturnType<typeof createLooks>; signal: AbortSignal },
): AsyncGenerator<{ trouble: string | undefined }> {
  let trouble: string | undefined;
  let failure: Error | undefined;
  const handle = (item: StreamItem<unknown>): void => {
    trouble = item.kind === "reconnecting" ? `connection lost: ${item.error.message} Trying again.` : undefined;
    look();
  };
  signal.addEventListener("abort", look, { once: true });
  const timer = everyMs === undefined ? undefined : setInterval(look, everyMs);
  void (async () => {
    try {
      for await (const item of context.client().feed.follow({ signal })) handle(item);
    } catch (error) {
      failure = error as Error;
      look();
    }
  })();
  try {
    for (;;) {
      await due();
      if (failure !== undefined) throw failure;
      if (signal.aborted) return;
      yield { trouble };
      // What happens meanwhile is one more look, so that thousands of events don't become thousands of questions.
      await delay(leastPauseMs, undefined, { signal });
    }
  } finally {
    clearInterval(timer);
  }
}

const leastPauseMs = 150;
const afterFailureMs = 2_000;

/** Asks for another look from wherever; the first is due at once. */
function createLooks(): { look(): void; due(): Promise<void> } {
  let next = Promise.withResolvers<void>();
  next.resolve();
  return {
    look: () => next.resolve(),
    due: async () => {
      await next.promise;
      next = Promise.withResolvers();
    },
  };
}

function mayPass(error: unknown): boolean {
  return error instanceof ConnectionFailedError || (error instanceof ApiError && error.retryable);
}

function outputOf<Value>(context: Context, view: View<Value>): Output<Value> {
  if (context.json) return jsonOutput(context, view);
  return context.terminal.canRedrawData ? screenOutput(context, view) : lineOutput(context, view);
}

/** Once a second also without a change, because ages grow. */
function screenOutput<Value>({ terminal, now }: Context, view: View<Value>): Output<Value> {
  const screen = createScreen({ write: terminal.writeData, columns: terminal.columns, rows: terminal.rows });
  let latest: { value: Value } | undefined;
  let trouble: string | undefined;
  const draw = (): void => {
    if (latest === undefined) return;
    const foot = trouble ?? `watching since ${since}, Ctrl-C ends it`;
    screen.draw([
      ...view.lines(latest.value).flatMap((text) => text.split("\n")),
      terminal.paintData(trouble === undefined ? "dim" : "yellow", safeLine(foot)),
    ]);
  };
  const since = `${clockTime(now())} UTC`;
  const tick = setInterval(draw, 1_000);
  return {
    show(value) {
      latest = { value };
      trouble = undefined;
      draw();
    },
    note(text) {
      trouble = text;
      draw();
    },
    end() {
      clearInterval(tick);
      screen.end();
    },
  };
}

function lineOutput<Value>({ terminal }: Context, view: View<Value>): Output<Value> {
  const changed = createChanged();
  return {
    show(value) {
      for (const { item } of changed(view.items(value))) if (item !== undefined) terminal.data(item.text);
    },
    note: createNotes((text) => terminal.say(safeLine(text))),
    end: () => undefined,
  };
}

function jsonOutput<Value>({ terminal }: Context, view: View<Value>): Output<Value> {
  const changed = createChanged();
  const line = (value: unknown): void => terminal.data(safeJson(value));
  line({ type: "gantry.stream", version: 1, stream: view.stream });
  return {
    show(value) {
      for (const { id, item } of changed(view.items(value)))
        line(item === undefined ? { type: "gantry.removed", id } : { type: "gantry.item", id, item: item.data });
    },
    note: createNotes((text) => line({ type: "gantry.note", text })),
    end: (exit) => line({ type: "gantry.end", exit: exitCodes[exit].code }),
  };
}

/** What is new, has changed, or is gone (`item` is undefined) since the last call. The oldest first, as a log has it. */
function createChanged(): (items: readonly Item[]) => { id: string; item: Item | undefined }[] {
  let before = new Map<string, string>();
  return (items) => {
    const after = new Map(items.map(({ id, mark }) => [id, mark]));
    const gone = [...before.keys()].filter((id) => !after.has(id)).map((id) => ({ id, item: undefined }));
    const news = items.filter(({ id }) => before.get(id) !== after.get(id)).map((item) => ({ id: item.id, item }));
    before = after;
    return [...gone, ...news.toReversed()];
  };
}

/** The same trouble is said once. */
function createNotes(say: (text: string) => void): (text: string | undefined) => void {
  let last: string | undefined;
  return (text) => {
    if (text !== undefined && text !== last) say(text);
    last = text;
  };
}

import { EventSourceParserStream, type EventSourceMessage } from "eventsource-parser/stream";
import type { AnswerPart } from "../api/answer-part.ts";
import type { Endpoint } from "../api/endpoint.ts";
import type { RunEvent } from "../events.ts";
import { ApiError, ConnectionFailedError } from "./errors.ts";
import { backOff, pause } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** What a stream of events yields. */
export type StreamItem<Event = RunEvent> =
  | { kind: "event"; event: Event; /** Resume behind it with `after`. */ id: string }
  /** The stream of an organization begins here. */
  | { kind: "ready"; id: string }
  /** Older history is gone: read the run's (or list's) state anew; events follow from there. */
  | { kind: "reset"; reason: string; id: string }
  /** The connection broke and is made again; nothing is lost. */
  | { kind: "reconnecting"; error: Error };

/** What a model says while it says it comes where it was asked for, and isn't told again. */
export type RunStreamItem = StreamItem | { kind: "part"; part: AnswerPart };

export interface FollowOptions {
  /** The id of the last item that was seen; for a run's events its `seq`. */
  after?: string | number;
  signal?: AbortSignal;
  /** Failed connections in a row until it gives up; default without end. */
  tries?: number;
}

interface StreamRequest {
  params: Record<string, string>;
  query?: Record<string, boolean>;
}

/** The server sends something every 15 s; twice that without a byte is a dead connection. */
const silenceMs = 40_000;

/**
 * Events as they happen, not validated: the server did, and schemas would be a quarter of what a browser loads. Connections that break are made again behind the last event, so none is skipped or repeated.
 * Ends only by `signal`, by leaving the loop, or by an error that trying again can't mend.
 */
export async function* followEvents<Event>(
  transport: Transport,
  endpoint: Endpoint,
  request: StreamRequest,
  options: FollowOptions = {},
): AsyncGenerator<StreamItem<Event> | RunStreamItem> {
  const { signal, tries = Number.POSITIVE_INFINITY } = options;
  let lastId = options.after === undefined ? null : String(options.after);
  let failures = 0;
  while (!isAborted(signal)) {
    try {
      for await (const message of connect(transport, endpoint, request, lastId, signal)) {
        failures = 0;
        if (message.id !== undefined) lastId = message.id;
        // The server says why it ends the stream; what matters here is only that it does.
        if (message.event === "close") continue;
        const data = JSON.parse(message.data) as unknown;
        const id = lastId ?? "";
        if (message.event === "reset") yield { kind: "reset", reason: (data as { reason: string }).reason, id };
        else if (message.event === "ready") yield { kind: "ready", id };
        else if (message.event === "answer.part") yield { kind: "part", part: data as AnswerPart };
        else yield { kind: "event", event: data as Event, id };
      }
      throw new ConnectionFailedError("the stream of events", new Error("the server ended it"));
    } catch (cause) {
      if (isAborted(signal)) return;
      if (cause instanceof ApiError && !cause.retryable) throw cause;
      failures += 1;
      if (failures >= tries) throw cause;
      yield { kind: "reconnecting", error: cause as Error };
      await pause(backOff(failures), signal).catch(() => undefined);
    }
  }
}

/** A function, because TypeScript believes that a signal once seen unaborted stays so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** One connection: its messages until it ends. */
async function* connect(
  transport: Transport,
  endpoint: Endpoint,
  request: StreamRequest,
  lastId: string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage> {
  const abort = new AbortController();
  // Armed anew, not refreshed: timers of browsers are numbers.
  const arm = () => setTimeout(() => abort.abort(new Error(`nothing for ${silenceMs} ms`)), silenceMs);
  let silence = arm();
  const headers = { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) };
  const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
  try {
    const response = await transport.open(endpoint, request, { headers, signal: either });
    if (response.body === null) return;
    const alive = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        clearTimeout(silence);
        silence = arm();
        controller.enqueue(chunk);
      },
    });
    const messages = response.body
      .pipeThrough(alive)
      .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream());
    const reader = messages.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw cause instanceof ConnectionFailedError ? cause : new ConnectionFailedError("the stream of events", cause);
  } finally {
    clearTimeout(silence);
    // Also reached when the consumer leaves its loop: the connection must not stay behind. Cancelling the pipe instead
    // (what iterating over it does) waits for the next bytes, which may never come.
    abort.abort();
  }
}

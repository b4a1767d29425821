import type { FastifyReply, FastifyRequest } from "fastify";
import type { ApiDeps } from "../deps.ts";

/** An open stream of server-sent events (HTML standard, 9.2). */
export interface EventStream {
  /** Aborted when the client is gone or the stream was ended. */
  readonly signal: AbortSignal;
  /** Waits for a slow reader as long as the limit allows, then drops the connection. */
  send(message: { id?: string; event?: string; data: unknown }): Promise<void>;
  /** Says why in `event: close` and ends the stream. */
  end(reason: CloseReason): void;
}

export type CloseReason = "shutdown" | "slow_reader" | "error" | "access_lost";

/** Streams that are open, so that a shutdown can end them, and wait for who fills them before it closes the database. */
export interface OpenStreams {
  add(stream: EventStream): void;
  delete(stream: EventStream): void;
  /** `work` never rejects. */
  fill(work: Promise<void>): void;
  end(reason: CloseReason): void;
  /** Resolves when nobody fills one any more. */
  settled(): Promise<void>;
}

export function createOpenStreams(): OpenStreams {
  const streams = new Set<EventStream>();
  const filling = new Set<Promise<void>>();
  return {
    add: (stream) => void streams.add(stream),
    delete: (stream) => void streams.delete(stream),
    fill: (work) => {
      filling.add(work);
      void work.finally(() => filling.delete(work));
    },
    end: (reason) => {
      for (const stream of streams) stream.end(reason);
    },
    settled: async () => void (await Promise.all(filling)),
  };
}

/** Answers with a stream. The heartbeat is a comment, which tells both sides that the connection is alive. */
export function openEventStream(
  deps: Pick<ApiDeps, "config" | "log">,
  open: OpenStreams,
  request: FastifyRequest,
  reply: FastifyReply,
): EventStream {
  const { slowReader, heartbeatMs } = deps.config;
  const response = reply.raw;
  const abort = new AbortController();
  reply.hijack();
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    // Nothing follows on this connection, so a shutdown needn't wait for it to be idle.
    connection: "close",
  });
  // Something at once, so that a client knows that it is connected.
  response.write(": connected\n\n");
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": alive\n\n");
  }, heartbeatMs);

  const stream: EventStream = {
    signal: abort.signal,
    async send({ id, event, data }) {
      if (abort.signal.aborted) return;
      const lines = [
        ...(event === undefined ? [] : [`event: ${event}`]),
        ...(id === undefined ? [] : [`id: ${id}`]),
        `data: ${JSON.stringify(data)}`,
      ];
      response.write(`${lines.join("\n")}\n\n`);
      if (response.writableLength <= slowReader.bytes) return;
      if (await drained(response, slowReader.ms, abort.signal)) return;
      deps.log.warn(
        { requestId: request.id, waiting: response.writableLength },
        "A reader was too slow and is dropped",
      );
      stream.end("slow_reader");
      // It reads the reason if it reads on; what waits for it isn't kept forever.
      setTimeout(() => response.destroy(), slowReader.ms).unref();
    },
    end(reason) {
      if (abort.signal.aborted) return;
      response.end(`event: close\ndata: ${JSON.stringify({ reason })}\n\n`);
      finish();
    },
  };
  const finish = (): void => {
    clearInterval(heartbeat);
    open.delete(stream);
    abort.abort();
  };
  response.on("close", finish);
  response.on("error", finish);
  open.add(stream);
  return stream;
}

/** Whether the reader took what waits for it, in time. */
async function drained(
  response: NodeJS.EventEmitter & { writableLength: number },
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const yes = (): void => resolve(true);
  const timer = setTimeout(() => resolve(false), ms);
  response.once("drain", yes);
  signal.addEventListener("abort", yes, { once: true });
  const taken = await promise;
  clearTimeout(timer);
  response.off("drain", yes);
  signal.removeEventListener("abort", yes);
  return taken;
}

/** True when the client asks for a stream rather than for a page. */
export function wantsEvents(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("text/event-stream");
}

import { Agent as HttpAgent, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AddressGuard } from "./address-guard.ts";
import { DestinationUnreachableError, reasonOf } from "./errors.ts";
import { pinRequest } from "./pin-request.ts";

export interface GuardedFetch {
  fetch: typeof globalThis.fetch;
  /** Ends connections that are kept for the next request. */
  close(): void;
}

/** An answer that goes on for longer than anybody would read is cut off. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * `fetch` for libraries that speak to addresses which users name, with the same rules as `sendRequest`: checked, pinned, never redirected, no
 * proxy of the environment, without TLS only to what the operator allowed. Its connections are kept and used again, so each that it is made
 * for should have one of its own. Sends texts, forms and bytes; bodies that are streams are refused.
 *
 * It rejects with DestinationRefusedError and DestinationUnreachableError, which never hold the URL.
 */
export function createGuardedFetch(guard: AddressGuard, { ca }: { ca?: string | undefined } = {}): GuardedFetch {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxFreeSockets: 256, timeout: 60_000 }),
    https: new HttpsAgent({ keepAlive: true, maxFreeSockets: 256, timeout: 60_000 }),
  };
  return {
    fetch: async (input, init = {}) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const signal = init.signal ?? undefined;
      signal?.throwIfAborted();
      const { host, secure, send, options } = await pinRequest(guard, url, { ca, signal });
      const body = bodyOf(init.body);
      const headers = {
        ...Object.fromEntries(new Headers(init.headers)),
        host: url.host,
        ...(body === null ? {} : { "content-length": String(body.length) }),
      };
      const agent = secure ? agents.https : agents.http;
      return new Promise((resolve, reject) => {
        const fail = (error: unknown): void =>
          reject(
            signal?.aborted === true
              ? abortReason(signal)
              : new DestinationUnreachableError(host, reasonOf(error), { cause: error }),
          );
        const request = send({ ...options, method: init.method ?? "GET", headers, agent }, (answer) =>
          resolve(responseOf(answer)),
        );
        request.once("error", fail);
        request.end(body ?? undefined);
      });
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException("The request was ended.", "AbortError");
}

function bodyOf(body: RequestInit["body"]): Buffer | null {
  if (body === null || body === undefined) return null;
  if (typeof body === "string" || body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  throw new TypeError("Only texts and bytes can be sent.");
}

/** Statuses that have no body, which a Response insists on. */
const withoutBody = new Set([204, 205, 304]);

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of [value].flat()) if (one !== undefined) headers.append(name, one);
  const status = answer.statusCode ?? 502;
  if (withoutBody.has(status)) answer.resume();
  const body = withoutBody.has(status) ? null : streamOf(answer);
  return new Response(body, { status, statusText: answer.statusMessage ?? "", headers });
}

/** Read as fast as somebody reads it. `Readable.toWeb` does the same for twice the processor's time, which streams of words are most of. */
function streamOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  let bytes = 0;
  let over = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const fail = (error: unknown): void => {
        if (over) return;
        over = true;
        controller.error(error);
      };
      answer.on("data", (chunk: Buffer) => {
        if (over) return;
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) return void answer.destroy(new Error("The answer is longer than 64 MiB."));
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) answer.pause();
      });
      answer.once("end", () => {
        if (over) return;
        over = true;
        controller.close();
      });
      answer.once("error", fail);
      answer.once("close", () => fail(new Error("The connection was cut.")));
      answer.pause();
    },
    pull: () => void answer.resume(),
    cancel(reason) {
      over = true;
      answer.destroy(reason instanceof Error ? reason : undefined);
    },
  });
}

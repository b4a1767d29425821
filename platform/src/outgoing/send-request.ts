import type { IncomingMessage } from "node:http";
import type { AddressGuard } from "./address-guard.ts";
import { DestinationRefusedError, DestinationUnreachableError, reasonOf } from "./errors.ts";
import { pinRequest } from "./pin-request.ts";

export interface OutgoingRequest {
  url: string;
  /** POST unless told. */
  method?: "GET" | "POST" | "PUT";
  /** Certificates (PEM) of those who may vouch for the receiver, instead of the system's. */
  ca?: string | undefined;
  /** How much of the answer is read; 16 KiB unless told. */
  answerBytes?: number;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Ends the request wherever it stands. */
  signal: AbortSignal;
}

export interface OutgoingAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its beginning. */
  body: string;
}

const maxAnswerBytes = 16 * 1024;

/**
 * A request to an address that a user named. Follows no redirect, uses no proxy of the environment, reads little of the
 * answer, and speaks without TLS only to what the operator allowed.
 *
 * @throws DestinationRefusedError, DestinationUnreachableError. Never with the URL in it, which may hold a token.
 */
export async function sendRequest(guard: AddressGuard, given: OutgoingRequest): Promise<OutgoingAnswer> {
  const { host, send, options } = await pinRequest(guard, parse(given.url), { ca: given.ca, signal: given.signal });
  const method = given.method ?? "POST";
  const headers = {
    ...given.headers,
    host: new URL(given.url).host,
    ...(method === "GET" ? {} : { "content-length": String(Buffer.byteLength(given.body)) }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new DestinationUnreachableError(host, reasonOf(error), { cause: error }));
    // A connection of its own: none is shared between tenants, none is left behind.
    const request = send({ ...options, method, headers, agent: false }, (response) => {
      readStart(response, given.answerBytes ?? maxAnswerBytes).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        fail,
      );
    });
    request.once("error", fail);
    request.end(given.body);
  });
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new DestinationRefusedError("this destination", "what is given isn't an http or https URL");
  }
  return url;
}

async function readStart(response: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the connection: what follows isn't waited for.
    if (bytes >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most).toString("utf8");
}

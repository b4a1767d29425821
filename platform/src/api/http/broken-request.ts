import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { HeadersTooLargeError, RequestMalformedError, RequestTimeoutError } from "../errors.ts";
import { problemOf } from "./problem.ts";

/**
 * Answers what HTTP's parser gave up on before there was a request: in the shape of every other problem, on the connection itself,
 * which ends with it.
 */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { instance: _none, ...problem } = problemOf(refusalOf(error), { id: randomUUID(), url: "/" });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "content-security-policy: default-src 'none';frame-ancestors 'none'",
    "x-content-type-options: nosniff",
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function refusalOf(error: Error & { code?: string }): Error {
  if (error.code === "HPE_HEADER_OVERFLOW") return new HeadersTooLargeError();
  return error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? new RequestTimeoutError() : new RequestMalformedError(error);
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { anthropic } from "./anthropic.ts";
import { bedrock } from "./bedrock.ts";
import { google } from "./google.ts";
import { ollama } from "./ollama.ts";
import { chat, groq, mistral, openrouter, responses } from "./openai.ts";
import { wholeOf, type Protocol, type Reply } from "./script.ts";

export type { Reply } from "./script.ts";

/** What was asked. */
export interface Question {
  path: string;
  headers: IncomingMessage["headers"];
  body: Record<string, unknown>;
}

export interface ModelServer extends AsyncDisposable {
  /** Without a path. */
  url: string;
  questions: Question[];
  /** Adds replies, given in their order; the last one is given for ever. */
  script(...replies: Reply[]): void;
}

/** A model behind a real socket that speaks each provider's protocol, by the path that it is asked at, and does what its script says. */
export async function startModelServer(...first: Reply[]): Promise<ModelServer> {
  const queue: Reply[] = [...first];
  const questions: Question[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, questions, () => (queue.length > 1 ? queue.shift() : queue[0]) ?? { text: "ready" });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    questions,
    script: (...replies) => void queue.splice(0, queue.length, ...replies),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Where the provider's clients go below a base address, and how it speaks there. */
const protocols: readonly [RegExp, Protocol][] = [
  [/^\/anthropic\/.*messages$/, anthropic],
  [/^\/(?:openai|azure)\/.*responses$/, responses],
  [/^\/google\/.*:streamGenerateContent$/, google],
  [/^\/mistral\/.*chat\/completions$/, mistral],
  [/^\/groq\/.*chat\/completions$/, groq],
  [/^\/bedrock\/.*converse-stream$/, bedrock],
  [/^\/ollama\/api\/chat$/, ollama],
  [/^\/openrouter\/.*chat\/completions$/, openrouter],
  [/chat\/completions$/, chat],
];

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  questions: Question[],
  next: () => Reply,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const path = (request.url ?? "").replace(/\?.*$/, "");
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}") as Record<string, unknown>;
  questions.push({ path, headers: request.headers, body });
  const protocol = protocols.find(([where]) => where.test(path))?.[1];
  const reply = next();
  if (reply.hang === true) return;
  if (protocol === undefined) return void response.writeHead(404).end("{}");
  const { error } = reply;
  if (error !== undefined) {
    const headers = { "content-type": "application/json", "x-amzn-errortype": error.type, ...error.headers };
    return void response.writeHead(error.status, headers).end(JSON.stringify(protocol.error(error)));
  }
  await send(response, protocol, reply, typeof body["model"] === "string" ? body["model"] : "scripted");
}

async function send(response: ServerResponse, protocol: Protocol, reply: Reply, model: string): Promise<void> {
  const whole = wholeOf(reply);
  const pause = async (): Promise<void> => void (reply.delayMs === undefined || (await delay(reply.delayMs)));
  response.writeHead(200, { "content-type": protocol.contentType, "cache-control": "no-cache" });
  response.flushHeaders();
  await pause();
  for (const frame of protocol.begin(whole, model)) response.write(frame);
  for (const [at, text] of whole.pieces.entries()) {
    if (at > 0) await pause();
    response.write(protocol.piece(text, at));
  }
  for (const frame of reply.raw ?? []) response.write(frame);
  if (reply.stall === true) return;
  if (reply.cut === true) return void setImmediate(() => response.destroy());
  if (reply.unfinished === true) return void response.end();
  if (reply.garbage === true) return void response.end(protocol.garbage);
  if (reply.streamError !== undefined) return void response.end(protocol.failure(reply.streamError));
  for (const frame of [...protocol.tools(whole), ...protocol.end(whole, model)]) response.write(frame);
  response.end();
}

/**
 * A model behind a real socket, in a process of its own: it answers as its name says, and remembers by the machine's steady clock when a
 * question had come and when the last of its answer had left. What a caller took besides is the caller's own.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { chat } from "../../tests/support/models/openai.ts";
import { wholeOf, type Reply } from "../../tests/support/models/script.ts";

interface Question {
  model: string;
  messages: { role: string; content: unknown; tool_calls?: unknown }[];
  stream?: boolean;
}

/** Milliseconds of the machine's steady clock, the same in every process. */
const clock = (): number => Number(process.hrtime.bigint()) / 1e6;

/** By what the question's last message ends with: when it had come, and when the first and the last of its answer had left. */
const times = new Map<string, { came: number; first: number; left: number }>();
let asked = 0;

/** Of `late`: so long that whoever reads the run is there. */
const lateMs = 500;
const pieces = 20;
const pieceMs = 50;
const agentMs = 200;
/** Of an agent's run: in each but the last it calls a tool. */
const turns = 10;

const server = createServer((request, response) => void answer(request, response));
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", 4_096, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on("message", () => {
  process.send?.({ asked, times: [...times] });
  times.clear();
  asked = 0;
});
process.on("disconnect", () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const came = clock();
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Question;
  asked += 1;
  if (body.model === "agent") return act(body, response);
  const said = await speak(body, response);
  const last = body.messages.at(-1)?.content;
  if (typeof last === "string") times.set(last.slice(-12), { came, ...said });
}

/** A word at a time. */
async function speak({ model }: Question, response: ServerResponse): Promise<{ first: number; left: number }> {
  const reply = wholeOf({ text: Array.from({ length: pieces }, (_, at) => `word ${at} `) });
  response.writeHead(200, { "content-type": chat.contentType });
  for (const frame of chat.begin(reply, model)) response.write(frame);
  if (model === "late") await delay(lateMs);
  const first = clock();
  for (const [at, text] of reply.pieces.entries()) {
    response.write(chat.piece(text, at));
    await delay(pieceMs);
  }
  response.end(chat.end(reply, model).join(""));
  return { first, left: clock() };
}

/** A call of the tool that it was given, until there were enough; then an answer. */
async function act({ model, messages, stream = false }: Question, response: ServerResponse): Promise<void> {
  const turn = messages.filter(({ role }) => role === "assistant").length + 1;
  const [tool] = process.env["BENCH_TOOL"]?.split(",") ?? ["look"];
  const call = { id: `call_${turn}`, name: tool ?? "look", input: { turn } };
  const reply = turn < turns ? { toolCalls: [call] } : { text: "Everything was looked at." };
  await delay(agentMs);
  if (stream) {
    const whole = wholeOf(reply satisfies Reply);
    response.writeHead(200, { "content-type": chat.contentType });
    response.end(
      [
        ...chat.begin(whole, model),
        ...whole.pieces.map(chat.piece),
        ...chat.tools(whole),
        ...chat.end(whole, model),
      ].join(""),
    );
  } else {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(completion(model, reply)));
  }
}

function completion(
  model: string,
  { text = "", toolCalls = [] }: { text?: string; toolCalls?: Reply["toolCalls"] },
): object {
  const calls = toolCalls.map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  const message = { role: "assistant", content: text, ...(calls.length > 0 && { tool_calls: calls }) };
  return {
    // Some keep messages by it.
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion",
    created: 1_790_000_000,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: calls.length > 0 ? "tool_calls" : "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

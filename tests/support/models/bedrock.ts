import { crc32 } from "node:zlib";
import { fragments, type Protocol, type Whole } from "./script.ts";

/** ConverseStream in frames of application/vnd.amazon.eventstream: lengths, headers, payload, two sums. */
export const bedrock: Protocol = {
  contentType: "application/vnd.amazon.eventstream",
  begin: () => [frame("messageStart", { role: "assistant" })],
  piece: (text) => frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text } }),
  tools: ({ pieces, toolCalls }) => [
    ...(pieces.length === 0 ? [] : [frame("contentBlockStop", { contentBlockIndex: 0 })]),
    ...toolCalls.flatMap(({ id, name, input }, at) => {
      const contentBlockIndex = at + (pieces.length === 0 ? 0 : 1);
      return [
        frame("contentBlockStart", { contentBlockIndex, start: { toolUse: { toolUseId: id, name } } }),
        ...fragments(input).map((part) =>
          frame("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input: part } } }),
        ),
        frame("contentBlockStop", { contentBlockIndex }),
      ];
    }),
  ],
  end: ({ usage, finish }) => [
    frame("messageStop", { stopReason: stopReasons[finish] }),
    frame("metadata", {
      usage: {
        inputTokens: usage.input - usage.cached,
        outputTokens: usage.output,
        totalTokens: usage.input + usage.output,
        cacheReadInputTokens: usage.cached,
        cacheWriteInputTokens: 0,
      },
      metrics: { latencyMs: 5 },
    }),
  ],
  failure: ({ type, message }) => frame(type, { message }, "exception"),
  error: ({ message }) => ({ message }),
  garbage: Buffer.from([0, 0, 1, 0, 0, 0, 0, 1, 2, 3]),
};

const stopReasons: Record<Whole["finish"], string> = {
  stop: "end_turn",
  tools: "tool_use",
  length: "max_tokens",
  refusal: "content_filtered",
  filter: "content_filtered",
};

function frame(type: string, payload: object, kind: "event" | "exception" = "event"): Buffer {
  const headers = Buffer.concat([
    header(`:${kind}-type`, type),
    header(":content-type", "application/json"),
    header(":message-type", kind),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const whole = Buffer.alloc(16 + headers.length + body.length);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(headers.length, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  headers.copy(whole, 12);
  body.copy(whole, 12 + headers.length);
  whole.writeUInt32BE(crc32(whole.subarray(0, whole.length - 4)), whole.length - 4);
  return whole;
}

/** Name and value with their lengths; type 7 is a text. */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ]);
}

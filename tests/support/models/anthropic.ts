import { fragments, sse, type Protocol, type Whole } from "./script.ts";

/** Messages (https://platform.claude.com/docs/en/build-with-claude/streaming). */
export const anthropic: Protocol = {
  contentType: "text/event-stream; charset=utf-8",
  begin: ({ usage, pieces }, model) => [
    event("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens: usage.input - usage.cached,
          cache_read_input_tokens: usage.cached,
          cache_creation_input_tokens: 0,
          output_tokens: 1,
        },
      },
    }),
    event("ping", {}),
    ...(pieces.length === 0
      ? []
      : [event("content_block_start", { index: 0, content_block: { type: "text", text: "" } })]),
  ],
  piece: (text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
  tools: ({ pieces, toolCalls }) => [
    ...(pieces.length === 0 ? [] : [event("content_block_stop", { index: 0 })]),
    ...toolCalls.flatMap(({ id, name, input }, at) => {
      const index = at + (pieces.length === 0 ? 0 : 1);
      return [
        event("content_block_start", { index, content_block: { type: "tool_use", id, name, input: {} } }),
        ...fragments(input).map((partial_json) =>
          event("content_block_delta", { index, delta: { type: "input_json_delta", partial_json } }),
        ),
        event("content_block_stop", { index }),
      ];
    }),
  ],
  end: ({ usage, finish }) => [
    event("message_delta", {
      delta: { stop_reason: stopReasons[finish], stop_sequence: null },
      usage: { output_tokens: usage.output },
    }),
    event("message_stop", {}),
  ],
  failure: ({ type, message }) => event("error", { error: { type, message } }),
  error: ({ type, message }) => ({ type: "error", error: { type, message }, request_id: "req_1" }),
  garbage: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_de\n\n',
};

const stopReasons: Record<Whole["finish"], string> = {
  stop: "end_turn",
  tools: "tool_use",
  length: "max_tokens",
  refusal: "refusal",
  filter: "refusal",
};

function event(type: string, rest: object): string {
  return sse({ type, ...rest }, type);
}

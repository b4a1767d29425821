import { fragments, sse, type Protocol, type Whole } from "./script.ts";

/** Chat Completions as OpenAI, Groq, Mistral, OpenRouter, Ollama and vLLM speak it. */
export const chat: Protocol = {
  contentType: "text/event-stream; charset=utf-8",
  begin: (_reply, model) => [chunk(model, { role: "assistant", content: "" })],
  piece: (content) => chunk("scripted", { content }),
  tools: ({ toolCalls }) =>
    toolCalls.flatMap(({ id, name, input }, index) => [
      chunk("scripted", { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
      ...fragments(input).map((part) => chunk("scripted", { tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
  end: ({ usage, finish }, model) => [
    chunk(model, {}, finishReasons[finish]),
    sse({ ...frame(model), choices: [], usage: chatUsage(usage) }),
    sse("[DONE]"),
  ],
  failure: (error) => sse({ error }),
  error: ({ type, message }) => ({ error: { message, type, param: null, code: type } }),
  garbage: 'data: {"id":"c1","object":"chat.completion.chu\n\n',
};

/** Groq says usage in the last chunk, in a field of its own. */
export const groq: Protocol = {
  ...chat,
  end: ({ usage, finish }, model) => [
    sse({
      ...frame(model),
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: finishReasons[finish] }],
      usage: chatUsage(usage),
      x_groq: { id: "req_1", usage: chatUsage(usage) },
    }),
    sse("[DONE]"),
  ],
};

/** Mistral has no chunk of its own for usage: it stands in the last one. */
export const mistral: Protocol = {
  ...chat,
  // Its arguments come whole.
  tools: ({ toolCalls }) =>
    toolCalls.map(({ id, name, input }, index) =>
      chunk("scripted", { tool_calls: [{ index, id, function: { name, arguments: JSON.stringify(input) } }] }),
    ),
  end: ({ usage, finish }, model) => [
    sse({
      ...frame(model),
      choices: [
        { index: 0, delta: { content: "" }, finish_reason: finish === "filter" ? "error" : finishReasons[finish] },
      ],
      usage: chatUsage(usage),
    }),
    sse("[DONE]"),
  ],
  error: ({ status, type, message }) => ({ object: "error", message, type, param: null, code: String(status) }),
};

/** OpenRouter sends comments until a provider answers, and says what a call cost; what goes wrong in the middle ends a choice. */
export const openrouter: Protocol = {
  ...chat,
  begin: (reply, model) => [": OPENROUTER PROCESSING\n\n", ...chat.begin(reply, model)],
  end: ({ usage, finish }, model) => [
    chunk(model, {}, finishReasons[finish]),
    sse({
      ...frame(model),
      choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
      usage: { ...chatUsage(usage), cost: 0.0001 },
    }),
    sse("[DONE]"),
  ],
  failure: (error) =>
    sse({
      ...frame("scripted"),
      error: { code: error.type, message: error.message },
      choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
    }),
  error: ({ status, message }) => ({ error: { code: status, message } }),
};

const finishReasons: Record<Whole["finish"], string> = {
  stop: "stop",
  tools: "tool_calls",
  length: "length",
  refusal: "content_filter",
  filter: "content_filter",
};

function frame(model: string): object {
  return { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_790_000_000, model };
}

function chunk(model: string, delta: object, finish_reason: string | null = null): string {
  return sse({ ...frame(model), choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
}

function chatUsage({ input, cached, output }: Whole["usage"]): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

/** Responses (https://developers.openai.com/api/docs/guides/streaming-responses). */
export const responses: Protocol = {
  contentType: "text/event-stream; charset=utf-8",
  begin: ({ pieces }, model) => [
    event("response.created", { response: response(model, "in_progress") }),
    ...(pieces.length === 0
      ? []
      : [
          event("response.output_item.added", {
            output_index: 0,
            item: { id: "msg_1", type: "message", status: "in_progress", role: "assistant", content: [] },
          }),
          event("response.content_part.added", { ...at, part: { type: "output_text", text: "", annotations: [] } }),
        ]),
  ],
  piece: (delta) => event("response.output_text.delta", { ...at, delta, logprobs: [] }),
  tools: ({ pieces, toolCalls }) => [
    ...(pieces.length === 0
      ? []
      : [
          event("response.output_text.done", { ...at, text: pieces.join(""), logprobs: [] }),
          event("response.content_part.done", {
            ...at,
            part: { type: "output_text", text: pieces.join(""), annotations: [] },
          }),
          event("response.output_item.done", { output_index: 0, item: message(pieces) }),
        ]),
    ...toolCalls.flatMap(({ id, name, input }, index) => {
      const output_index = index + 1;
      const item = { id: `fc_${id}`, type: "function_call", call_id: id, name };
      const whole = JSON.stringify(input);
      return [
        event("response.output_item.added", { output_index, item: { ...item, status: "in_progress", arguments: "" } }),
        ...fragments(input).map((delta) =>
          event("response.function_call_arguments.delta", { item_id: item.id, output_index, delta }),
        ),
        event("response.function_call_arguments.done", { item_id: item.id, output_index, name, arguments: whole }),
        event("response.output_item.done", { output_index, item: { ...item, status: "completed", arguments: whole } }),
      ];
    }),
  ],
  end: ({ usage, finish, pieces }, model) => {
    const reason =
      finish === "length" ? "max_output_tokens" : finish === "filter" || finish === "refusal" ? "content_filter" : null;
    const counted = {
      input_tokens: usage.input,
      output_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      input_tokens_details: { cached_tokens: usage.cached },
      output_tokens_details: { reasoning_tokens: 0 },
    };
    const body = {
      ...response(model, reason === null ? "completed" : "incomplete"),
      output: pieces.length === 0 ? [] : [message(pieces)],
      usage: counted,
      incomplete_details: reason === null ? null : { reason },
    };
    return [event(reason === null ? "response.completed" : "response.incomplete", { response: body })];
  },
  failure: ({ type, message: text }) => event("error", { code: type, message: text, param: null }),
  error: ({ type, message: text }) => ({ error: { message: text, type, param: null, code: type } }),
  garbage: 'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n',
};

const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
let sequence = 0;

function event(type: string, rest: object): string {
  sequence += 1;
  return sse({ type, sequence_number: sequence, ...rest }, type);
}

function message(pieces: readonly string[]): object {
  const content = [{ type: "output_text", text: pieces.join(""), annotations: [], logprobs: [] }];
  return { id: "msg_1", type: "message", status: "completed", role: "assistant", content };
}

function response(model: string, status: string): object {
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage: null,
    user: null,
    metadata: {},
  };
}

import type { Protocol, Whole } from "./script.ts";

/** Ollama's own API: a JSON object per line (https://docs.ollama.com/api/chat). */
export const ollama: Protocol = {
  contentType: "application/x-ndjson",
  begin: () => [],
  piece: (content) => line("scripted", { content }),
  // Arguments come whole, and as an object.
  tools: ({ toolCalls }) =>
    toolCalls.map(({ id, name, input }, index) =>
      line("scripted", { content: "", tool_calls: [{ id, function: { index, name, arguments: input } }] }),
    ),
  end: ({ usage, finish }, model) => [
    line(
      model,
      { content: "" },
      {
        done: true,
        done_reason: finish === "length" ? "length" : "stop",
        ...durations,
        ...counts(usage),
      },
    ),
  ],
  failure: ({ message }) => `${JSON.stringify({ error: message })}\n`,
  error: ({ message }) => ({ error: message }),
  garbage: '{"model":"scripted","created_at":"2026-11-20T08:00:00Z","message":{"role":"assis\n',
};

const durations = { total_duration: 9_000_000, load_duration: 1_000_000, prompt_eval_duration: 2_000_000 };

function counts({ input, output }: Whole["usage"]): object {
  return { prompt_eval_count: input, eval_count: output, eval_duration: 6_000_000 };
}

function line(model: string, message: object, rest: object = { done: false }): string {
  const whole = {
    model,
    created_at: "2026-11-20T08:00:00.123456Z",
    message: { role: "assistant", ...message },
    ...rest,
  };
  return `${JSON.stringify(whole)}\n`;
}

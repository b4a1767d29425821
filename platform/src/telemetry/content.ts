import type { ModelContent } from "@gantry/sdk/api";
import type { Attributes } from "@opentelemetry/api";

type Call = ModelContent["answer"]["calls"][number];

/** What was asked and answered, as the conventions have it: JSON of messages made of parts. */
export function saidIn({ messages, answer }: ModelContent): Attributes {
  const instructions = messages.filter(({ role }) => role === "system").flatMap(({ text }) => partsOf(text));
  const input = messages
    .filter(({ role }) => role !== "system")
    .map(({ role, text, calls, results }) => ({
      role,
      parts: [
        ...partsOf(text, calls),
        ...results.map(({ id, output }) => ({ type: "tool_call_response", id, response: output })),
      ],
    }));
  const output = {
    role: "assistant",
    parts: partsOf(answer.text, answer.calls),
    finish_reason: answer.finish ?? "error",
  };
  return {
    ...(instructions.length > 0 && { "gen_ai.system_instructions": JSON.stringify(instructions) }),
    "gen_ai.input.messages": JSON.stringify(input),
    "gen_ai.output.messages": JSON.stringify([output]),
  };
}

function partsOf(text: string, calls: readonly Call[] = []): object[] {
  return [
    ...(text === "" ? [] : [{ type: "text", content: text }]),
    ...calls.map(({ id, name, input }) => ({ type: "tool_call", id, name, arguments: input })),
  ];
}

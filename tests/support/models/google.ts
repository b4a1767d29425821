import { sse, type Protocol, type Whole } from "./script.ts";

/** streamGenerateContent with alt=sse (https://ai.google.dev/api/generate-content). Function calls come whole. */
export const google: Protocol = {
  contentType: "text/event-stream",
  begin: () => [],
  piece: (text) => content([{ text }]),
  tools: ({ toolCalls }) =>
    toolCalls.map(({ id, name, input }) =>
      content([{ functionCall: { id, name, args: input }, thoughtSignature: "c2lnbmVk" }]),
    ),
  end: ({ usage, finish, pieces }, model) => [
    sse({
      candidates: [
        {
          ...(pieces.length === 0 ? {} : { content: { parts: [{ text: "" }], role: "model" } }),
          finishReason: finishReasons[finish],
          index: 0,
        },
      ],
      usageMetadata: {
        promptTokenCount: usage.input,
        candidatesTokenCount: usage.output,
        totalTokenCount: usage.input + usage.output,
        cachedContentTokenCount: usage.cached,
      },
      modelVersion: model,
      responseId: "r1",
    }),
  ],
  failure: ({ type, message }) => sse({ error: { code: 503, message, status: type } }),
  error: ({ status, type, message }) => ({ error: { code: status, message, status: type } }),
  garbage: 'data: {"candidates": [{"content": {"par\n\n',
};

const finishReasons: Record<Whole["finish"], string> = {
  stop: "STOP",
  tools: "STOP",
  length: "MAX_TOKENS",
  refusal: "SAFETY",
  filter: "SAFETY",
};

function content(parts: object[]): string {
  return sse({ candidates: [{ content: { parts, role: "model" }, index: 0 }] });
}

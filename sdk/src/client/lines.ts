import { ConnectionFailedError } from "./errors.ts";

/** Values of newline-delimited JSON, as they arrive. */
export async function* readLines<Value>(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Value> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of received(body)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as Value;
  }
  if (rest !== "") yield JSON.parse(rest) as Value;
}

/** A connection that breaks while the answer comes is like one that wasn't made. */
async function* received(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new ConnectionFailedError("the stream of logs", cause);
  }
}

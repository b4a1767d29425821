/** Values of newline-delimited JSON, as they arrive. */
export async function* readLines<Value>(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Value> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as Value;
  }
  if (rest !== "") yield JSON.parse(rest) as Value;
}

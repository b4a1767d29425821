/** The least that a client can do: asks with the platform's own `fetch`, takes the stream apart and puts the words together. */
export async function askBare(
  url: string,
  { model, messages }: { model: string; messages: readonly object[] },
): Promise<string> {
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer bench" },
    body: JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true }, max_tokens: 200 }),
  });
  if (!response.ok || response.body === null) throw new Error(`The provider answered ${response.status}.`);
  const decoder = new TextDecoder();
  let [rest, text] = ["", ""];
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const frames = rest.split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const data = frame.slice("data: ".length);
      if (data === "[DONE]") continue;
      const { choices } = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
      text += choices[0]?.delta.content ?? "";
    }
  }
  return text;
}

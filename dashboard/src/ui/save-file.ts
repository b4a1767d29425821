/** Has the browser keep content as a file. Asked for by the client, not by a link, which wouldn't say for which organization. */
export async function saveFile(name: string, content: ReadableStream<Uint8Array>): Promise<void> {
  const url = URL.createObjectURL(await new Response(content as never).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

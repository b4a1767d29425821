/** Keeps what the API sends as a file. By the client and not by a link, so that it is of the organization that is looked at. */
export async function saveStream(stream: ReadableStream<Uint8Array>, name: string): Promise<void> {
  const url = URL.createObjectURL(await new Response(stream).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

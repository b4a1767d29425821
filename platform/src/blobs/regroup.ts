/** Regroups a stream into pieces of one size; only the last one is smaller, and an empty stream has none. */
export async function* regroup(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const bytes of source) {
    held.push(bytes);
    heldBytes += bytes.byteLength;
    if (heldBytes < size) continue;
    const all = Buffer.concat(held);
    let start = 0;
    for (; all.length - start >= size; start += size) yield all.subarray(start, start + size);
    held = [all.subarray(start)];
    heldBytes = all.length - start;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

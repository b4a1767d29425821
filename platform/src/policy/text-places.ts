/** Lines and columns, from 1, of offsets in bytes. */
export function createPlaces(text: string): (offset: number) => { line: number; column: number } {
  const bytes = Buffer.from(text);
  return (offset) => {
    const before = bytes.subarray(0, offset).toString().split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  };
}

/** Where in the text each part stands, in bytes. Cedar gives the parts as they were written, but in an order of its own. */
export function offsetsOf(text: string, parts: readonly string[]): { part: string; at: number }[] {
  const taken = new Map<string, number>();
  return parts
    .map((part) => {
      const index = text.indexOf(part, taken.get(part) ?? 0);
      taken.set(part, index + part.length);
      return { part, at: Buffer.byteLength(text.slice(0, Math.max(index, 0))) };
    })
    .toSorted((a, b) => a.at - b.at);
}

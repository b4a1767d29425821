/** A piece of what a step's child wrote, already redacted. */
export interface LogEntry {
  stream: "stdout" | "stderr";
  /** Milliseconds since the epoch, when the worker received it. */
  time: number;
  data: Uint8Array;
}

// A segment is a line that names its place (which also keeps equal logs of two attempts two blobs, so that deleting one
// doesn't delete the other), then per entry: stream (1 byte), time (8, float), length (4), data.
const entryHeader = 13;
export const newline = 10;

/** Writes entries as the content of one segment. */
export function encodeSegment(place: string, entries: readonly LogEntry[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`gantry-log 1 ${place}\n`)];
  for (const { stream, time, data } of entries) {
    const header = Buffer.alloc(entryHeader);
    header[0] = stream === "stdout" ? 1 : 2;
    header.writeDoubleBE(time, 1);
    header.writeUInt32BE(data.byteLength, 9);
    parts.push(header, data);
  }
  return Buffer.concat(parts);
}

/** Reads back what `encodeSegment` wrote. The content was authenticated when it was decrypted, so it is trusted here. */
export function* decodeSegment(content: Buffer): Generator<LogEntry> {
  let at = content.indexOf("\n") + 1;
  while (at < content.length) {
    const length = content.readUInt32BE(at + 9);
    const start = at + entryHeader;
    yield {
      stream: content[at] === 1 ? "stdout" : "stderr",
      time: content.readDoubleBE(at + 1),
      data: content.subarray(start, start + length),
    };
    at = start + length;
  }
}

export function countLines(data: Uint8Array): number {
  let lines = 0;
  for (let at = data.indexOf(newline); at !== -1; at = data.indexOf(newline, at + 1)) lines += 1;
  return lines;
}

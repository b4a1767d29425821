import { open } from "node:fs/promises";
import type { StreamSummary } from "./shim-protocol.ts";

/** What a tool wrote to one stream, redacted. */
export interface CapturedOutput {
  /** Shortened in the middle when it is long; a marker line says by how much. Invalid UTF-8 shows as U+FFFD. */
  text: string;
  /** Size of the whole redacted output. */
  bytes: number;
  /** Of the whole redacted output. */
  sha256: string;
  /** True when `text` isn't the whole of it. */
  truncated: boolean;
  /** True when the tool wrote more than was kept. */
  incomplete: boolean;
  /** File with the whole redacted output, until the execution is removed. */
  path: string;
}

/** How much of a long output stands in `text`: half from its start, half from its end. */
const TEXT_BYTES = 64 * 1024;

export async function readCapturedOutput(path: string, summary: StreamSummary): Promise<CapturedOutput> {
  const { bytes } = summary;
  if (bytes === 0) return { ...summary, text: "", truncated: false, path };
  const file = await open(path, "r");
  try {
    if (bytes <= TEXT_BYTES)
      return { ...summary, text: (await readAt(file, 0, bytes)).toString(), truncated: false, path };
    const head = trimEnd(await readAt(file, 0, TEXT_BYTES / 2));
    const tail = trimStart(await readAt(file, bytes - TEXT_BYTES / 2, TEXT_BYTES / 2));
    const omitted = bytes - head.length - tail.length;
    const mark = `\n[… ${omitted} bytes left out here; the whole has ${bytes} bytes, sha256 ${summary.sha256} …]\n`;
    return { ...summary, text: `${head.toString()}${mark}${tail.toString()}`, truncated: true, path };
  } finally {
    await file.close();
  }
}

async function readAt(file: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** Leaves off a character that the cut went through. */
export function trimEnd(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

function trimStart(bytes: Buffer): Buffer {
  let skip = 0;
  while (skip < 3 && (bytes[skip]! & 0xc0) === 0x80) skip++;
  return bytes.subarray(skip);
}

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { trimEnd } from "./output.ts";

export interface OutputChunk {
  stream: "stdout" | "stderr";
  /** Redacted. Ends in the middle of a UTF-8 character only where the whole output does. */
  bytes: Uint8Array;
}

/** The next chunk comes when what it answers has settled. */
export type OutputListener = (chunk: OutputChunk) => unknown;

const CHUNK_BYTES = 64 * 1024;

/**
 * Passes on what a shim writes to disk, each byte once and in order within its stream. The files are followed rather
 * than the tool, so a slow listener never slows the tool down and takes no memory.
 */
export function followOutput(folder: string, listener: OutputListener) {
  const streams = (["stdout", "stderr"] as const).map((stream) => ({
    stream,
    file: null as FileHandle | null,
    position: 0,
  }));
  let busy = Promise.resolve();

  async function passOn(last = false): Promise<void> {
    for (const state of streams) {
      // Not there yet: the shim is just starting.
      state.file ??= await open(join(folder, state.stream), "r").catch(() => null);
      if (state.file === null) continue;
      for (;;) {
        const { bytesRead, buffer } = await state.file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, state.position);
        const read = buffer.subarray(0, bytesRead);
        // Each piece is read as text by itself: a character that isn't all there yet comes with the next one.
        const bytes = last ? read : trimEnd(read);
        if (bytes.length === 0) break;
        state.position += bytes.length;
        await listener({ stream: state.stream, bytes });
      }
    }
  }

  return {
    /** Call when there may be more. What fails, fails at the end. */
    advance(): void {
      busy = busy.then(() => passOn());
      busy.catch(() => undefined);
    },
    /** Passes on the rest and lets go of the files. */
    async end(): Promise<void> {
      try {
        await busy.then(() => passOn(true));
      } finally {
        for (const { file } of streams) await file?.close();
      }
    },
  };
}

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";

export interface OutputChunk {
  stream: "stdout" | "stderr";
  /** Redacted. May end in the middle of a character. */
  bytes: Uint8Array;
}

export type OutputListener = (chunk: OutputChunk) => void;

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

  async function passOn(): Promise<void> {
    for (const state of streams) {
      // Not there yet: the shim is just starting.
      state.file ??= await open(join(folder, state.stream), "r").catch(() => null);
      if (state.file === null) continue;
      for (;;) {
        const { bytesRead, buffer } = await state.file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, state.position);
        if (bytesRead === 0) break;
        state.position += bytesRead;
        listener({ stream: state.stream, bytes: buffer.subarray(0, bytesRead) });
      }
    }
  }

  return {
    /** Call when there may be more. What fails, fails at the end. */
    advance(): void {
      busy = busy.then(passOn);
      busy.catch(() => undefined);
    },
    /** Passes on the rest and lets go of the files. */
    async end(): Promise<void> {
      try {
        await busy.then(passOn);
      } finally {
        for (const { file } of streams) await file?.close();
      }
    },
  };
}

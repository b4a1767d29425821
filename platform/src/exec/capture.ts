import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { RedactionStream } from "../lib/redact.ts";
import type { StreamSummary } from "./shim-protocol.ts";

export interface Capture {
  write(chunk: Uint8Array): void;
  /** @param cut The tool did not get to finish what it was writing. */
  end(cut: boolean): StreamSummary;
}

export interface CaptureOptions {
  path: string;
  redaction: RedactionStream;
  /** Takes `bytes` off what may still be written by this tool; returns how many of them it grants. */
  reserve: (bytes: number) => number;
  /** Called once when bytes had to be dropped. */
  onDropped: (reason: "output_limit" | "output_not_writable") => void;
}

/**
 * One stream of a tool, redacted and then written to a file. Only redacted bytes ever reach the disk. Writes are
 * synchronous: a tool that writes faster than the disk is slowed down, and no output gathers in memory.
 */
export function openCapture({ path, redaction, reserve, onDropped }: CaptureOptions): Capture {
  const file = openSync(path, "wx", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  let incomplete = false;

  function drop(reason: "output_limit" | "output_not_writable"): void {
    incomplete = true;
    onDropped(reason);
  }

  function store(chunk: Uint8Array): void {
    if (incomplete || chunk.length === 0) return;
    const granted = reserve(chunk.length);
    try {
      for (let from = 0; from < granted;) {
        const written = writeSync(file, chunk, from, granted - from);
        hash.update(chunk.subarray(from, from + written));
        from += written;
        bytes += written;
      }
    } catch {
      return drop("output_not_writable");
    }
    if (granted < chunk.length) drop("output_limit");
  }

  return {
    write(chunk) {
      if (!incomplete) store(redaction.push(chunk));
    },
    end(cut) {
      store(redaction.end({ cut }));
      try {
        fsyncSync(file);
      } catch {
        incomplete = true;
      }
      closeSync(file);
      return { bytes, sha256: hash.digest("hex"), incomplete };
    },
  };
}

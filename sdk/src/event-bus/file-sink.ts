import { appendFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { EventSink } from "./sink.ts";

/**
 * A line of JSON per event. Once the file would grow beyond `maxBytes` it becomes `<path>.1`, that `<path>.2`, and so on;
 * beyond `keep` they are removed. One process per file.
 */
export function createFileSink({
  path,
  maxBytes = 100 * 1024 * 1024,
  keep = 5,
}: {
  path: string;
  maxBytes?: number;
  keep?: number;
}): EventSink {
  let size: number | null = null;
  return {
    name: "file",
    write: async (events) => {
      const text = `${events.map((event) => JSON.stringify(event)).join("\n")}\n`;
      const bytes = Buffer.byteLength(text);
      size ??= await sizeOf(path);
      if (size > 0 && size + bytes > maxBytes) {
        await rotate(path, keep);
        size = 0;
      }
      // What is written may be anybody's business; who reads it is the operator's to say.
      await appendFile(path, text, { mode: 0o600 });
      size += bytes;
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return rm(path, { force: true });
  for (let number = keep - 1; number >= 1; number -= 1) await move(`${path}.${number}`, `${path}.${number + 1}`);
  await move(path, `${path}.1`);
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from "node:zlib";

export type Encoding = "identity" | "zstd";

const sampleBytes = 64 * 1024;
/** Below this, content is coded in one call: a stream costs more than the work. */
const oneCallBytes = 1024 * 1024;
const options = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Compresses content that gets smaller by it, judged by its first 64 KiB; archives and images stay as they are. */
export async function encode(
  source: AsyncIterable<Uint8Array>,
): Promise<{ encoding: Encoding; content: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let headBytes = 0;
  let ended = false;
  while (!ended && headBytes < sampleBytes) {
    const next = await iterator.next();
    if (next.done === true) ended = true;
    else {
      head.push(next.value);
      headBytes += next.value.byteLength;
    }
  }
  const start = Buffer.concat(head);
  const compresses = isCompressible(start.subarray(0, sampleBytes));
  if (ended && start.length <= oneCallBytes) {
    const content = compresses ? zstdCompressSync(start, options) : start;
    return { encoding: compresses ? "zstd" : "identity", content: once(content) };
  }
  const whole = startingWith(start, iterator);
  if (!compresses) return { encoding: "identity", content: whole };
  return { encoding: "zstd", content: through(whole, createZstdCompress(options)) };
}

/** Turns back what `encode` made. `bytes` is the size of the content itself. */
export async function* decode(
  encoding: Encoding,
  bytes: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (encoding === "identity") yield* source;
  else if (bytes > oneCallBytes) yield* through(source, createZstdDecompress());
  else {
    const all: Uint8Array[] = [];
    for await (const part of source) all.push(part);
    yield zstdDecompressSync(Buffer.concat(all), { maxOutputLength: oneCallBytes });
  }
}

function isCompressible(sample: Buffer): boolean {
  if (sample.length < 128) return false;
  return zstdCompressSync(sample, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).length < sample.length * 0.9;
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

async function* startingWith(start: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield start;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  // An error of the source destroys the transform with it and so reaches the reader below.
  const piped = pipeline(source, transform).catch(() => undefined);
  yield* transform;
  await piped;
}

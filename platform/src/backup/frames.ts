// Entries one after another in one stream: what a backup's encryption closes. A tar would do, but needs each size beforehand.
import { createHash } from "node:crypto";
import { Entry, EntryEnd, Manifest } from "./manifest.ts";

/** One byte of kind, four of length, then so many bytes. */
const kinds = { begin: 1, data: 2, end: 3, manifest: 4 } as const;
const largest = 64 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

export type OpenEntry = Entry & { content: AsyncGenerator<Buffer, EntryEnd> };

export function manifestFrame(manifest: Manifest): Buffer {
  return frame(kinds.manifest, json(manifest));
}

/** An entry as it is written; @returns what its end says. */
export async function* writeEntry(entry: Entry, content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, EntryEnd> {
  yield frame(kinds.begin, json(entry));
  const measure = createMeasure(entry);
  for await (const bytes of content) {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      measure.add(piece);
      yield frame(kinds.data, piece);
    }
  }
  const end = measure.end();
  yield frame(kinds.end, json(end));
  return end;
}

/** What was read isn't what was written; the caller knows of which file. */
export class FrameError extends Error {}

/**
 * The entries in order. Each one's content must be read to its end before the next is asked for; it is compared with what its
 * end says. Last comes the manifest.
 */
export async function* readEntries(source: AsyncIterable<Buffer>): AsyncGenerator<OpenEntry, Manifest> {
  const frames = readFrames(source);
  for (;;) {
    const next = await frames.next();
    if (next.done === true) throw new FrameError("it has no manifest");
    const { kind, payload } = next.value;
    if (kind === kinds.manifest) {
      if ((await frames.next()).done !== true) throw new FrameError("something follows its manifest");
      return parse(Manifest, payload);
    }
    if (kind !== kinds.begin) throw new FrameError("its entries are out of order");
    const entry = parse(Entry, payload);
    yield Object.assign(entry, { content: readContent(entry, frames) });
  }
}

async function* readContent(
  entry: Entry,
  frames: AsyncGenerator<{ kind: number; payload: Buffer }>,
): AsyncGenerator<Buffer, EntryEnd> {
  const measure = createMeasure(entry);
  for (;;) {
    const next = await frames.next();
    if (next.done === true) throw new FrameError("it ends within an entry");
    const { kind, payload } = next.value;
    if (kind === kinds.data) {
      measure.add(payload);
      yield payload;
      continue;
    }
    if (kind !== kinds.end) throw new FrameError("its entries are out of order");
    const said = parse(EntryEnd, payload);
    const found = measure.end();
    if (said.sha256 !== found.sha256 || said.bytes !== found.bytes || said.rows !== found.rows)
      throw new FrameError(`the content of ${nameOf(entry)} isn't what was written`);
    return said;
  }
}

export function nameOf(entry: Entry): string {
  switch (entry.kind) {
    case "table":
      return `${entry.schema}.${entry.name}`;
    case "blob":
      return `blob ${entry.id}`;
    case "dump":
      return "the dump";
    default:
      return entry satisfies never;
  }
}

function createMeasure(entry: Entry): { add(bytes: Uint8Array): void; end(): EntryEnd } {
  const hash = createHash("sha256");
  let [bytes, rows] = [0, 0];
  return {
    add(part) {
      hash.update(part);
      bytes += part.byteLength;
      if (entry.kind !== "table") return;
      // COPY's text escapes line ends within values, so that each is the end of a row.
      for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, at + 1)) rows += 1;
    },
    end: () => ({ sha256: `sha256:${hash.digest("hex")}`, bytes, rows }),
  };
}

async function* readFrames(source: AsyncIterable<Buffer>): AsyncGenerator<{ kind: number; payload: Buffer }> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = (size: number): Buffer => {
    const all = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    held = [all.subarray(size)];
    heldBytes = all.length - size;
    return all.subarray(0, size);
  };
  let head: { kind: number; length: number } | null = null;
  for await (const bytes of source) {
    held.push(bytes);
    heldBytes += bytes.length;
    for (;;) {
      if (head === null) {
        if (heldBytes < 5) break;
        const five = take(5);
        head = { kind: five.readUInt8(0), length: five.readUInt32BE(1) };
        if (head.length > largest) throw new FrameError("a part of it is larger than any that is written");
      }
      if (heldBytes < head.length) break;
      yield { kind: head.kind, payload: take(head.length) };
      head = null;
    }
  }
  if (head !== null || heldBytes > 0) throw new FrameError("it is cut off");
}

function frame(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(payload.byteLength, 1);
  return Buffer.concat([head, payload]);
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parse<T>(schema: { parse(value: unknown): T }, bytes: Buffer): T {
  try {
    return schema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new FrameError("a part of it isn't of a form that this release knows", { cause });
  }
}

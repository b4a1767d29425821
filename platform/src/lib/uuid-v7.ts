import { randomFillSync } from "node:crypto";

/**
 * Ids that sort by the time they were made (RFC 9562, version 7), in the order they were made even within one
 * millisecond: 12 bits count, 62 are random. Inserting them keeps to the right edge of an index.
 */
export function createUuidV7(now: () => number = Date.now): () => string {
  const pool = new Uint8Array(8 * 512);
  let used = pool.length;
  let last = 0;
  let count = 0;
  return () => {
    const time = now();
    if (time > last) {
      last = time;
      count = 0;
    } else if (++count > 0xfff) {
      // More than 4,096 in a millisecond (or a clock that was set back): borrow from the next one.
      last += 1;
      count = 0;
    }
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    let random = "";
    for (let index = 0; index < 8; index += 1) {
      const byte = pool[used + index] ?? 0;
      random += hex[index === 0 ? (byte & 0x3f) | 0x80 : byte];
    }
    used += 8;
    const stamp = Math.trunc(last).toString(16).padStart(12, "0");
    const counter = (0x7000 | count).toString(16);
    return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${counter}-${random.slice(0, 4)}-${random.slice(4)}`;
  };
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

import fc from "fast-check";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  chunkBytes,
  fileKey,
  newDataKey,
  openRecord,
  openStream,
  sealRecord,
  sealStream,
  unwrapDataKey,
  wrapDataKey,
  type Binding,
} from "./envelope.ts";
import { CiphertextRejectedError, KeyUnknownError } from "./errors.ts";
import { loadOrCreateKeyring, type Keyring } from "./keyring.ts";

let folder: string;
let keyring: Keyring;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-envelope-"));
  keyring = await loadOrCreateKeyring(join(folder, "key"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const binding: Binding = { org: "a", purpose: "secret", record: "r" };
const content = fc.uint8Array({ maxLength: 300 });
/** Around the borders of chunks, where the construction could be wrong. */
const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 2 * chunkBytes + 1];

test("a record opens again with its own binding", () => {
  fc.assert(
    fc.property(content, fc.string(), fc.string(), fc.string(), (bytes, org, purpose, record) => {
      const own = { org, purpose, record };
      expect(openRecord(keyring, own, sealRecord(keyring, own, bytes))).toEqual(Buffer.from(bytes));
    }),
  );
});

test("a record with any one byte changed is refused", () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, difference) => {
      const sealed = sealRecord(keyring, binding, bytes);
      const index = at % sealed.length;
      sealed[index] = (sealed[index] ?? 0) ^ difference;
      // Within the key's id the answer is that there is no such key.
      const expected = index >= 1 && index < 9 ? KeyUnknownError : CiphertextRejectedError;
      expect(() => openRecord(keyring, binding, sealed)).toThrow(expected);
    }),
    { numRuns: 500 },
  );
});

test("a record cut short or made longer is refused", () => {
  const sealed = sealRecord(keyring, binding, Buffer.from("value"));
  for (let length = 0; length < sealed.length; length++) {
    expect(() => openRecord(keyring, binding, sealed.subarray(0, length))).toThrow(CiphertextRejectedError);
  }
  expect(() => openRecord(keyring, binding, Buffer.concat([sealed, Buffer.of(0)]))).toThrow(CiphertextRejectedError);
});

test("a record can't move to another organization, purpose or record", () => {
  const texts = fc.tuple(fc.string(), fc.string(), fc.string());
  fc.assert(
    fc.property(texts, texts, (from, to) => {
      fc.pre(JSON.stringify(from) !== JSON.stringify(to));
      const [own, other] = [from, to].map(([org, purpose, record]) => ({ org, purpose, record })) as [Binding, Binding];
      const sealed = sealRecord(keyring, own, Buffer.from("value"));
      expect(() => openRecord(keyring, other, sealed)).toThrow(CiphertextRejectedError);
    }),
  );
});

test("equal records have nothing in common once sealed", () => {
  const bytes = Buffer.alloc(64, 7);
  const [one, other] = [sealRecord(keyring, binding, bytes), sealRecord(keyring, binding, bytes)];
  expect(one.subarray(33)).not.toEqual(other.subarray(33));
});

test("another installation's key file can't open a record", async () => {
  const other = await loadOrCreateKeyring(join(folder, "other-key"));
  const sealed = sealRecord(keyring, binding, Buffer.from("value"));
  expect(() => openRecord(other, binding, sealed)).toThrow(KeyUnknownError);
});

test("a stream opens again however its bytes were cut into pieces", async () => {
  for (const size of sizes) {
    const bytes = pattern(size);
    const dataKey = newDataKey();
    const sealed = await collect(sealStream(dataKey, pieces(bytes, 1000)));
    for (const piece of [700, chunkBytes, size + 1000]) {
      expect((await collect(openStream(dataKey, pieces(sealed, piece), "blob"))).equals(bytes)).toBe(true);
    }
  }
});

test("a stream cut anywhere, at chunk borders too, is refused", async () => {
  for (const size of sizes) {
    const dataKey = newDataKey();
    const sealed = await collect(sealStream(dataKey, [pattern(size)]));
    const cuts = [0, 1, 15, sealed.length - 1, sealed.length - 16];
    for (let border = chunkBytes + 16; border < sealed.length; border += chunkBytes + 16) cuts.push(border);
    for (const cut of cuts.filter((at) => at >= 0 && at < sealed.length)) {
      await expect(collect(openStream(dataKey, [sealed.subarray(0, cut)], "blob"))).rejects.toThrow(
        CiphertextRejectedError,
      );
    }
  }
});

test("a stream with chunks swapped, dropped, repeated or appended is refused", async () => {
  const dataKey = newDataKey();
  const sealed = await collect(sealStream(dataKey, [pattern(3 * chunkBytes + 5)]));
  const chunk = (n: number) => sealed.subarray(n * (chunkBytes + 16), (n + 1) * (chunkBytes + 16));
  for (const order of [
    [1, 0, 2, 3],
    [0, 2, 1, 3],
    [0, 2, 3],
    [1, 2, 3],
    [0, 0, 1, 2, 3],
    [0, 1, 2, 3, 3],
    [0, 1, 2],
    [3],
  ]) {
    await expect(collect(openStream(dataKey, order.map(chunk), "blob"))).rejects.toThrow(CiphertextRejectedError);
  }
});

test("a stream with any one bit changed is refused", async () => {
  const dataKey = newDataKey();
  const sealed = await collect(sealStream(dataKey, [pattern(chunkBytes + 100)]));
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length * 8 - 1), async (bit) => {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(collect(openStream(dataKey, [changed], "blob"))).rejects.toThrow(CiphertextRejectedError);
    }),
    { numRuns: 50 },
  );
});

test("a wrapped data key doesn't open under another record", () => {
  const dataKey = newDataKey();
  for (const format of [1, 2] as const) {
    const by = { ...fileKey(keyring), format };
    const wrapped = wrapDataKey(by, binding, dataKey);
    expect(unwrapDataKey(by, binding, wrapped)).toEqual(dataKey);
    expect(() => unwrapDataKey(by, { ...binding, record: "s" }, wrapped)).toThrow(CiphertextRejectedError);
    const other = { ...by, format: format === 1 ? 2 : 1 } as const;
    expect(() => unwrapDataKey(other, binding, wrapped)).toThrow(CiphertextRejectedError);
  }
});

function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 255));
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

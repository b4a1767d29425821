import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  BlobNotFoundError,
  BlobUnreachableError,
  createBlobStore,
  createFileBackend,
  createPostgresBackend,
  readBlob,
  sweepBlobs,
  type BlobBackend,
  type BlobStore,
} from "../../platform/src/blobs/index.ts";
import { CiphertextRejectedError } from "../../platform/src/secrets/index.ts";
import { hasMoto } from "../support/moto.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";
import { startS3, type TestS3 } from "../support/s3.ts";

const purpose = "test";
let database: TestPools;
let folder: string;
let s3: TestS3;
beforeAll(async () => {
  database = await createTestPools();
  if (hasMoto) s3 = await startS3();
  folder = await mkdtemp(join(tmpdir(), "gantry-blobs-"));
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  if (hasMoto) await s3[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** An adapter, and what only its tests need to know: how to damage what it keeps. */
interface Adapter {
  backend(): BlobBackend;
  corrupt(org: string): Promise<void>;
  truncate(org: string): Promise<void>;
  lose(org: string): Promise<void>;
  /** Every piece of storage in use for an organization. */
  pieces(org: string): Promise<number>;
}

const adapters: Record<BlobBackend["kind"], Adapter> = {
  files: {
    backend: () => createFileBackend(join(folder, "blobs")),
    corrupt: (org) => eachFile(org, (path) => edit(path, (bytes) => flip(bytes))),
    truncate: (org) => eachFile(org, (path) => edit(path, (bytes) => bytes.subarray(0, bytes.length - 1))),
    lose: (org) => eachFile(org, (path) => rm(path)),
    pieces: async (org) => (await filesOf(org)).length,
  },
  postgres: {
    backend: () => createPostgresBackend(database.engine),
    corrupt: (org) => chunks("UPDATE blob_chunks SET content = set_byte(content, 0, get_byte(content, 0) # 1)", org),
    truncate: (org) => chunks("UPDATE blob_chunks SET content = substr(content, 1, length(content) - 1)", org),
    lose: (org) => chunks("DELETE FROM blob_chunks", org),
    pieces: async (org) => {
      const { rows } = await database.admin.query("SELECT 1 FROM blob_chunks WHERE org = $1", [org]);
      return rows.length;
    },
  },
  s3: {
    backend: () => s3.backend(),
    corrupt: (org) => s3.edit(org, flip),
    truncate: (org) => s3.edit(org, (bytes) => bytes.subarray(0, bytes.length - 1)),
    lose: (org) => s3.edit(org, () => undefined),
    pieces: async (org) => (await s3.keys(org)).length + (await s3.uploads(org)).length,
  },
};

for (const [kind, adapter] of Object.entries(adapters)) {
  describe.skipIf(kind === "s3" && !hasMoto)(`a blob store on ${kind}`, () => {
    conforms(kind, adapter);
  });
}

function conforms(kind: string, adapter: Adapter): void {
  let store: BlobStore;
  let org: string;
  beforeEach(async () => {
    const keys = await openTestKeys(database.engine, join(folder, "key"));
    store = createBlobStore({ pool: database.engine, keys, backends: [adapter.backend()] });
    org = randomUUID();
  });

  test("gives back what was put, of any size, compressible or not, in one piece or streamed", async () => {
    const sizes = [0, 1, 127, 65_535, 65_536, 65_537, 262_144, 1_048_577, 3_000_000];
    for (const size of sizes) {
      for (const content of [randomBytes(size), Buffer.alloc(size, "line of a log\n")]) {
        const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
        expect(await store.put(org, content, { purpose })).toEqual({ digest, bytes: size });
        const other = randomUUID();
        const streamed = await store.put(other, inPieces(content, 10_000), { purpose, contentType: "text/plain" });
        expect(streamed).toEqual({ digest, bytes: size });
        expect((await readBlob(store, org, streamed.digest)).equals(content)).toBe(true);
        expect((await readBlob(store, other, streamed.digest)).equals(content)).toBe(true);
      }
    }
  });

  test("the same content is kept once, also when several put it at once", async () => {
    const content = randomBytes(600_000);
    await store.put(org, content, { purpose });
    const once = await adapter.pieces(org);
    await store.put(org, content, { purpose });
    await Promise.all(Array.from({ length: 5 }, () => store.put(org, inPieces(content, 100_000), { purpose })));
    expect(await adapter.pieces(org)).toBe(once);
    const fresh = randomUUID();
    const put = await Promise.all(Array.from({ length: 5 }, () => store.put(fresh, content, { purpose })));
    expect(await adapter.pieces(fresh)).toBe(once);
    expect((await readBlob(store, fresh, put[0]?.digest ?? "sha256:")).equals(content)).toBe(true);
  });

  test("another organization doesn't have it", async () => {
    const { digest } = await store.put(org, randomBytes(100), { purpose });
    const other = randomUUID();
    expect(await store.has(other, digest)).toBe(false);
    expect(await store.delete(other, digest)).toBe(false);
    await expect(readBlob(store, other, digest)).rejects.toThrow(BlobNotFoundError);
    expect(await store.has(org, digest)).toBe(true);
  });

  test("what was deleted is gone, its bytes too", async () => {
    const { digest } = await store.put(org, randomBytes(600_000), { purpose });
    expect(await store.delete(org, digest)).toBe(true);
    expect(await store.delete(org, digest)).toBe(false);
    expect(await store.has(org, digest)).toBe(false);
    expect(await adapter.pieces(org)).toBe(0);
    await expect(readBlob(store, org, digest)).rejects.toThrow(BlobNotFoundError);
  });

  test("many are deleted at once, and no other than those named", async () => {
    const put = async () => (await store.put(org, randomBytes(10_000), { purpose })).digest;
    const [kept, ...others] = [await put(), await put(), await put()];
    const { digest: elsewhere } = await store.put(randomUUID(), randomBytes(100), { purpose });
    expect(await store.deleteMany(org, [...others, elsewhere])).toBe(2);
    expect(await store.deleteMany(org, others)).toBe(0);
    expect(await store.deleteMany(org, [])).toBe(0);
    expect(await adapter.pieces(org)).toBe(1);
    expect((await readBlob(store, org, kept)).byteLength).toBe(10_000);
  });

  test.each([900_000, 10_000_000])("a source that fails after %i bytes leaves nothing behind", async (size) => {
    const failing = async function* () {
      yield randomBytes(size);
      throw new Error("the tool died");
    };
    await expect(store.put(org, failing(), { purpose })).rejects.toThrow("the tool died");
    expect(await adapter.pieces(org)).toBe(0);
  });

  test("what a crash left unindexed is swept once it is a day old, and nothing else", async () => {
    for await (const found of createFileBackend(join(folder, "none")).writtenBefore(new Date())) expect(found).toBe("");
    const kept = await store.put(org, randomBytes(600_000), { purpose });
    const before = await adapter.pieces(org);
    const halfWritten = async function* () {
      yield randomBytes(600_000);
    };
    await adapter.backend().write(org, randomUUID(), halfWritten());
    expect(await adapter.pieces(org)).toBeGreaterThan(before);
    const sweep = (now: number) => sweepBlobs({ pool: database.engine, backends: [adapter.backend()], now: () => now });
    expect(await sweep(Date.now())).toBe(0);
    expect(await sweep(Date.now() + 25 * 3_600_000)).toBeGreaterThan(0);
    expect(await adapter.pieces(org)).toBe(before);
    expect((await readBlob(store, org, kept.digest)).byteLength).toBe(600_000);
  });

  test("altered or shortened bytes are refused and lost bytes are named", async () => {
    const { digest } = await store.put(org, randomBytes(600_000), { purpose });
    await adapter.truncate(org);
    await expect(readBlob(store, org, digest)).rejects.toThrow(CiphertextRejectedError);
    await store.delete(org, digest);
    const again = await store.put(org, randomBytes(600_000), { purpose });
    await adapter.corrupt(org);
    await expect(readBlob(store, org, again.digest)).rejects.toThrow(CiphertextRejectedError);
    await adapter.lose(org);
    await expect(readBlob(store, org, again.digest)).rejects.toThrow(BlobUnreachableError);
  });

  test("a key moved to another organization's row is refused", async () => {
    const { digest } = await store.put(org, randomBytes(100), { purpose });
    const other = randomUUID();
    await database.admin.query(
      `INSERT INTO blobs SELECT ($2::jsonb->>'org')::uuid, digest, id, backend, purpose, content_type, encoding,
              wrapped_key, bytes, stored_bytes, created_at FROM blobs WHERE org = $1`,
      [org, JSON.stringify({ org: other })],
    );
    await store.put(other, Buffer.from("of their own"), { purpose: "test" });
    await expect(readBlob(store, other, digest)).rejects.toThrow(CiphertextRejectedError);
  });

  test("a reader that stops early frees what it holds", async () => {
    const { digest } = await store.put(org, randomBytes(2_000_000), { purpose });
    for await (const part of store.get(org, digest)) {
      expect(part.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(database.engine.totalCount - database.engine.idleCount).toBe(0);
  });

  test("the API's role puts and gets within its organization", async () => {
    const keys = await openTestKeys(database.engine, join(folder, "key"));
    const backend = kind === "postgres" ? createPostgresBackend(database.api) : adapter.backend();
    const own = createBlobStore({ pool: database.api, keys, backends: [backend] });
    const { digest } = await own.put(org, randomBytes(600_000), { purpose });
    expect((await readBlob(store, org, digest)).byteLength).toBe(600_000);
    expect(await own.delete(org, digest)).toBe(true);
  });
}

async function filesOf(org: string): Promise<string[]> {
  const entries = await readdir(join(folder, "blobs", org), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function eachFile(org: string, act: (path: string) => Promise<void>): Promise<void> {
  for (const path of await filesOf(org)) await act(path);
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

function flip(bytes: Buffer): Buffer {
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes;
}

async function chunks(statement: string, org: string): Promise<void> {
  await database.admin.query(`${statement} WHERE org = $1`, [org]);
}

async function* inPieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

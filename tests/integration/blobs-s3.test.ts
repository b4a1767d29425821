import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { errorData } from "@gantry/sdk";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createBlobStore,
  createFileBackend,
  moveFileBlobs,
  readBlob,
  sweepBlobs,
  type BlobStore,
  type S3Settings,
} from "../../platform/src/blobs/index.ts";
import { openS3 } from "../../platform/src/blobs/s3/index.ts";
import { CiphertextRejectedError, type OrganizationKeys } from "../../platform/src/secrets/index.ts";
import { startHttpProxy, type Fault, type HttpProxy, type SeenRequest } from "../support/http-proxy.ts";
import { hasMoto } from "../support/moto.ts";
import { openTestKeys } from "../support/keys.ts";
import { createTestPools, type TestPools } from "../support/pools.ts";
import { s3Credentials, startS3, type TestS3 } from "../support/s3.ts";

const purpose = "test";
const mebibyte = 1024 * 1024;
/** So that what is tried again is tried again soon, and what hangs is given up. */
const limits = { attempts: 3, idleMs: 1_000, requestMs: 2_000 };

describe.skipIf(!hasMoto)("blobs in S3", () => {
  let database: TestPools;
  let folder: string;
  let keys: OrganizationKeys;
  let s3: TestS3;
  let proxy: HttpProxy;
  let store: BlobStore;
  let org: string;

  beforeAll(async () => {
    [database, s3, folder] = await Promise.all([createTestPools(), startS3(), mkdtemp(join(tmpdir(), "gantry-s3-"))]);
    keys = await openTestKeys(database.engine, join(folder, "key"));
    proxy = await startHttpProxy(s3.url);
    (await openS3(s3.settings, { db: database.engine, now: Date.now })).close();
  });
  beforeEach(() => {
    org = randomUUID();
    store = storeOn({});
    proxy.seen = [];
  });
  afterEach(() => {
    proxy.decide = () => undefined;
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function storeOn(changes: Partial<S3Settings>): BlobStore {
    const backend = s3.backend({ endpoint: proxy.url, ...changes }, limits);
    return createBlobStore({ pool: database.engine, keys, backends: [backend] });
  }

  const idObject = () => ({ Bucket: s3.settings.bucket, Key: `${s3.settings.prefix}gantry-installation` });
  const put = (content: Buffer) => store.put(org, inPieces(content), { purpose });
  const open = (settings: Partial<S3Settings> = {}, db = database.engine) =>
    openS3({ ...s3.settings, endpoint: proxy.url, ...settings }, { db, now: Date.now, limits });
  /** That happens to the first requests that match, and to no others. */
  const once = (matches: (request: SeenRequest) => boolean, fault: Fault, times = 1) => {
    let left = times;
    proxy.decide = (request) => (matches(request) && left-- > 0 ? fault : undefined);
  };

  describe("with a network and a store that fail", () => {
    test("a connection that is cut in the middle of a part is made again, and the content is whole", async () => {
      const content = randomBytes(10 * mebibyte);
      once(isPart(2), { cutRequestAfter: mebibyte });
      const { digest } = await put(content);
      expect(proxy.seen.filter(isPart(2))).toHaveLength(2);
      expect((await readBlob(store, org, digest)).equals(content)).toBe(true);
      expect(await s3.uploads(org)).toEqual([]);
    });

    test("an upload whose parts are cut every time is given up, said to be worth another try, and removed", async () => {
      once(isPart(2), { cutRequestAfter: 1 }, Infinity);
      const failed = await put(randomBytes(10 * mebibyte)).catch(errorData);
      expect(failed).toMatchObject({ code: "s3_unreachable", retryable: true });
      expect(proxy.seen.filter(isPart(2))).toHaveLength(limits.attempts);
      expect(await s3.uploads(org)).toEqual([]);
      expect(await s3.keys(org)).toEqual([]);
    });

    test("a store that says SlowDown is asked again, more slowly", async () => {
      const slowDown = { answer: 503, body: problem("SlowDown") };
      once(({ method }) => method === "PUT", slowDown, 2);
      const { digest } = await put(randomBytes(1_000));
      expect(proxy.seen.filter(({ method }) => method === "PUT")).toHaveLength(3);
      expect((await readBlob(store, org, digest)).byteLength).toBe(1_000);
    });

    test("what the store refuses is not asked again", async () => {
      once(({ method }) => method === "PUT", { answer: 403, body: problem("AccessDenied") }, Infinity);
      expect(await put(randomBytes(1_000)).catch(errorData)).toMatchObject({ code: "s3_access_denied" });
      expect(proxy.seen.filter(({ method }) => method === "PUT")).toHaveLength(1);
    });

    test("a store that never answers is given up", async () => {
      once(({ method }) => method === "PUT", { hang: true }, Infinity);
      expect(await put(randomBytes(1_000)).catch(errorData)).toMatchObject({ code: "s3_unreachable" });
    });

    test("an upload that was completed though nobody heard so is complete", async () => {
      const content = randomBytes(3 * mebibyte);
      once(({ method, url }) => method === "POST" && url.includes("uploadId="), { swallowAnswer: true });
      const { digest } = await put(content);
      expect((await readBlob(store, org, digest)).equals(content)).toBe(true);
      expect(await s3.keys(org)).toHaveLength(1);
    });

    test("a download that is cut goes on where it broke", async () => {
      const content = randomBytes(3 * mebibyte);
      const { digest } = await put(content);
      once(isGet, { cutAnswerAfter: mebibyte }, 2);
      expect((await readBlob(store, org, digest)).equals(content)).toBe(true);
      const [first, ...others] = proxy.seen.filter(isGet).map(({ headers }) => headers.range);
      expect(first).toBeUndefined();
      for (const range of others) expect(range).toMatch(/^bytes=\d+-$/);
    });

    test("a download that is cut every time before its first byte is given up", async () => {
      const { digest } = await put(randomBytes(1_000));
      once(isGet, { cutAnswerAfter: 0 }, Infinity);
      expect(await readBlob(store, org, digest).catch(errorData)).toMatchObject({ code: "s3_unreachable" });
    });

    test("a download that is too short, and says it is whole, is refused", async () => {
      const { digest } = await put(randomBytes(200_000));
      once(isGet, { shortenAnswerTo: 150_000 }, Infinity);
      await expect(readBlob(store, org, digest)).rejects.toThrow(CiphertextRejectedError);
    });

    test("a slow store is not run ahead of: the source waits after two parts and a piece", async () => {
      let release = (): void => undefined;
      const waitFor = new Promise<void>((resolve) => (release = resolve));
      let given = 0;
      const patient = createBlobStore({
        pool: database.engine,
        keys,
        backends: [s3.backend({ endpoint: proxy.url })],
      });
      proxy.decide = (request) => (isPart(1)(request) ? { waitFor } : undefined);
      const source = async function* () {
        for (; given < 26; given += 1) yield randomBytes(mebibyte);
      };
      const putting = patient.put(org, source(), { purpose });
      while (!proxy.seen.some(isPart(1))) await turn();
      // All that can happen without the store has happened long before.
      for (let turns = 0; turns < 2_000; turns += 1) await turn();
      expect(given).toBeLessThan(20);
      release();
      expect((await putting).bytes).toBe(26 * mebibyte);
    });
  });

  describe("at the start", () => {
    const xml = { "content-type": "application/xml" };

    test.each<[string, Fault, string, RegExp]>([
      ["no such bucket", { answer: 404, body: problem("NoSuchBucket") }, "s3_bucket_missing", /GANTRY_S3_BUCKET/],
      ["no rights", { answer: 403, body: problem("AccessDenied") }, "s3_access_denied", /s3:PutObject/],
      ["an unknown key", { answer: 403, body: problem("InvalidAccessKeyId") }, "s3_access_denied", /access key/],
      ["a wrong secret", { answer: 403, body: problem("SignatureDoesNotMatch") }, "s3_access_denied", /secret/],
      ["a clock that is wrong", { answer: 403, body: problem("RequestTimeTooSkewed") }, "s3_clock_skewed", /clock/],
      [
        "a bucket elsewhere",
        { answer: 301, body: problem("PermanentRedirect"), headers: { "x-amz-bucket-region": "us-west-2" } },
        "s3_region_wrong",
        /GANTRY_S3_REGION=us-west-2/,
      ],
      [
        "a request signed for elsewhere",
        { answer: 400, body: problem("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>") },
        "s3_region_wrong",
        /GANTRY_S3_REGION=eu-west-1/,
      ],
      [
        "a disabled key",
        { answer: 400, body: problem("KMS.DisabledException") },
        "s3_refused",
        /KMS.DisabledException/,
      ],
      ["a store that is ill", { answer: 500, body: problem("InternalError") }, "s3_unreachable", /InternalError/],
    ])("%s is told, with what to do and without the credentials", async (_, fault, code, text) => {
      proxy.decide = () => ("answer" in fault ? { ...fault, headers: { ...xml, ...fault.headers } } : fault);
      const error: unknown = await open().catch((thrown: unknown) => thrown);
      expect(errorData(error)).toMatchObject({ code, message: expect.stringMatching(text) as string });
      const all = inspect(error, { depth: 20, showHidden: true });
      for (const secret of [...Object.values(s3Credentials), "quoted-by-the-store"]) expect(all).not.toContain(secret);
    });

    test("a store that isn't there, and one that would be reached without TLS, are told", async () => {
      expect(await open({ endpoint: "http://127.0.0.1:1" }).catch(errorData)).toMatchObject({
        code: "s3_unreachable",
        message: expect.stringContaining("ECONNREFUSED") as string,
      });
      expect(await open({ endpoint: "http://minio.internal:9000" }).catch(errorData)).toMatchObject({
        code: "s3_insecure",
      });
    });

    test("rights to write alone aren't enough: what is missing to read, list and delete shows", async () => {
      for (const lacks of ["GET", "POST"]) {
        proxy.decide = ({ method }) =>
          method === lacks ? { answer: 403, body: problem("AccessDenied"), headers: xml } : undefined;
        expect(await open().catch(errorData)).toMatchObject({ code: "s3_access_denied" });
      }
      proxy.decide = ({ url }) =>
        url.includes("list-type=2") ? { answer: 403, body: problem("AccessDenied"), headers: xml } : undefined;
      expect(await open().catch(errorData)).toMatchObject({ code: "s3_access_denied" });
    });

    test("nothing of the attempt stays, and the bucket carries the installation's id", async () => {
      const kept = await s3.keys("00000000-0000-0000-0000-000000000000");
      (await open()).close();
      const found = await s3.client.send(new GetObjectCommand(idObject()));
      const { rows } = await database.admin.query<{ id: string }>("SELECT id FROM blob_bucket");
      expect(await found.Body?.transformToString()).toBe(rows[0]?.id);
      expect(await s3.keys("00000000-0000-0000-0000-000000000000")).toEqual(kept);
    });

    test("another installation's place is refused, and so is an empty one once content is kept elsewhere", async () => {
      await using other = await createTestPools();
      expect(await open({}, other.engine).catch(errorData)).toMatchObject({ code: "s3_bucket_differs" });
      (await open({ prefix: `${randomUUID()}/` }, other.engine)).close();

      await put(randomBytes(100));
      const elsewhere = { prefix: `${randomUUID()}/` };
      expect(await open(elsewhere).catch(errorData)).toMatchObject({ code: "s3_bucket_differs" });
      (await open()).close();
    });

    test("credentials come from files, which may be replaced, and a missing one is named", async () => {
      const [accessKeyId, secretAccessKey] = [join(folder, "id"), join(folder, "secret")];
      const credentials = { accessKeyId: { file: accessKeyId }, secretAccessKey: { file: secretAccessKey } };
      await writeFile(accessKeyId, "AKIDFROMFILE\n");
      expect(await open({ credentials }).catch(errorData)).toMatchObject({
        code: "s3_access_denied",
        message: expect.stringContaining(secretAccessKey) as string,
      });
      await writeFile(secretAccessKey, "from a file\n");
      (await open({ credentials })).close();
      expect(proxy.seen.at(-1)?.headers.authorization).toContain("Credential=AKIDFROMFILE/");
    });
  });

  test("the bucket holds nothing that could be read, and is asked for its own encryption where that is wanted", async () => {
    const content = Buffer.alloc(2_000, "canary-in-the-bucket ");
    store = storeOn({ encryption: "sse-kms", kmsKey: "alias/gantry" });
    const { digest } = await put(content);
    const [Key = ""] = await s3.keys(org);
    const at = { Bucket: s3.settings.bucket, Key };
    expect(await s3.client.send(new HeadObjectCommand(at))).toMatchObject({
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "alias/gantry",
    });
    const { Body } = await s3.client.send(new GetObjectCommand(at));
    const stored = Buffer.from((await Body?.transformToByteArray()) ?? []).toString("latin1");
    expect(stored).not.toContain("canary");
    expect(Key).not.toContain(digest.slice("sha256:".length));
    expect((await readBlob(store, org, digest)).equals(content)).toBe(true);
    store = storeOn({ encryption: "sse-s3" });
    await put(randomBytes(3 * mebibyte));
    const begun = proxy.seen.find(({ url }) => url.includes("?uploads"));
    expect(begun?.headers["x-amz-server-side-encryption"]).toBe("AES256");
  });

  test("an upload that a crash left unfinished is ended by the sweep", async () => {
    // A worker that dies never aborts: here the store doesn't hear it.
    proxy.decide = (request) => {
      if (request.method === "DELETE") return { answer: 403, body: problem("AccessDenied") };
      return isPart(2)(request) ? { answer: 403, body: problem("AccessDenied") } : undefined;
    };
    await expect(put(randomBytes(10 * mebibyte))).rejects.toMatchObject({ code: "s3_access_denied" });
    proxy.decide = () => undefined;
    expect(await s3.uploads(org)).toHaveLength(1);
    const backends = [s3.backend({ endpoint: proxy.url }, limits)];
    await sweepBlobs({ pool: database.engine, backends, now: () => Date.now() + 25 * 3_600_000 });
    expect(await s3.uploads(org)).toEqual([]);
  });

  test("a host that gives up its files moves them into the bucket, and a copy that differs is thrown away", async () => {
    const dataDir = join(folder, "first");
    const files = createFileBackend(join(dataDir, "blobs"));
    const old = createBlobStore({ pool: database.engine, keys, backends: [files] });
    // Of its own: what another test put into the bucket stays there.
    const contents = [randomBytes(100), randomBytes(900_000), Buffer.alloc(3 * mebibyte, "moved ")];
    const kept: { content: Buffer; digest: `sha256:${string}` }[] = [];
    for (const content of contents) kept.push({ content, digest: (await old.put(org, content, { purpose })).digest });
    const to = s3.backend({ endpoint: proxy.url }, limits);
    const move = () => moveFileBlobs({ pool: database.engine, from: files, to, dataDir });

    proxy.decide = (request) => (isGet(request) ? { shortenAnswerTo: 10 } : undefined);
    expect(await move().catch(errorData)).toMatchObject({ code: "blob_copy_differs" });
    for (const { content, digest } of kept) expect((await readBlob(old, org, digest)).equals(content)).toBe(true);

    proxy.decide = () => undefined;
    expect(await move()).toEqual({ moved: 3, lost: 0 });
    for (const { content, digest } of kept) expect((await readBlob(store, org, digest)).equals(content)).toBe(true);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function isPart(number: number) {
  return ({ method, url }: SeenRequest) => method === "PUT" && url.includes(`partNumber=${number}&`);
}

function isGet({ method, url }: SeenRequest): boolean {
  return method === "GET" && url.includes("x-id=GetObject");
}

/** An answer as S3 gives it, quoting what must not get into our errors. */
function problem(code: string, more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>${code}</Code><Message>Said by the store: quoted-by-the-store</Message><AWSAccessKeyId>${s3Credentials.accessKeyId}</AWSAccessKeyId><StringToSign>quoted-by-the-store</StringToSign>${more}<RequestId>1</RequestId></Error>`;
}

async function* inPieces(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 500_000) yield content.subarray(at, at + 500_000);
}

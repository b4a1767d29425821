import { randomBytes } from "node:crypto";
import { PutBucketLifecycleConfigurationCommand, type LifecycleRule } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createBlobStore, createPostgresBackend, readBlob } from "../../../platform/src/blobs/index.ts";
import { openS3 } from "../../../platform/src/blobs/s3/index.ts";
import { createBlobPlace } from "../../../platform/src/boot/blob-place.ts";
import type { BlobPlace } from "../../../platform/src/api/index.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";
import { hasMoto } from "../../support/moto.ts";
import { s3Credentials, startS3, type TestS3 } from "../../support/s3.ts";

vi.setConfig({ testTimeout: 90_000 });

let cli: TestCli;
beforeAll(async () => {
  cli = await createTestCli();
});
afterAll(() => cli[Symbol.asyncDispose]());

test("where contents are kept is said to whoever runs the installation, and to nobody else", async () => {
  await using api = await startTestApi();
  const where = { url: api.url, key: api.key };
  expect((await cli.run(["blobs", "status"], where)).stdout).toMatch(/^ok {4}blobs: in the database/);
  expect(await cli.run(["blobs", "lifecycle", "--json"], where)).toMatchObject({
    code: 2,
    stdout: expect.stringContaining("s3_not_used") as string,
  });
  const { client } = await api.addPerson("approver", { scopes: ["read", "run", "approve", "admin"] });
  const { get, move, setLifecycle } = client.blobs;
  for (const ask of [get, move, setLifecycle]) expect(await refusalOf(ask())).toEqual([403, "scope_missing"]);
});

describe.skipIf(!hasMoto)("with contents in an S3 bucket", () => {
  let s3: TestS3;
  let api: TestApi;
  let place: BlobPlace;
  let close: () => void;
  let where: { url: string; key: string };

  beforeAll(async () => {
    s3 = await startS3();
    const blobPlace: BlobPlace = {
      inspect: () => place.inspect(),
      move: () => place.move(),
      setLifecycle: () => place.setLifecycle(),
    };
    api = await startTestApi({ deps: { blobPlace } });
    where = { url: api.url, key: api.key };
    const opened = await openS3(s3.settings, { db: api.engine.db, now: Date.now });
    ({ close } = opened);
    const backends = [opened.backend, createPostgresBackend(api.engine.db)] as const;
    place = createBlobPlace({ pool: api.engine.db, backends, s3: opened, now: Date.now });
  });
  afterAll(async () => {
    close();
    await api[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  const setRules = (...Rules: LifecycleRule[]) =>
    s3.client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: s3.settings.bucket,
        LifecycleConfiguration: { Rules },
      }),
    );
  const ofOthers: LifecycleRule = {
    ID: "reports",
    Status: "Enabled",
    Filter: { Prefix: "reports/" },
    Expiration: { Days: 30 },
  };

  test("the rule that cleans the bucket is missing, is set beside those of others, and doctor says so", async () => {
    await setRules(ofOthers);
    const before = await cli.run(["blobs", "status"], where);
    expect(before.code).toBe(0);
    expect(before.stdout).toMatch(/^ok {4}blobs: in a bucket \(gantry-/m);
    expect(before.stdout).toMatch(/^- {5}bucket rules: none removes/m);
    expect(before.stdout).toContain("gantry blobs lifecycle");

    for (const _ of ["once", "again"]) expect((await cli.run(["blobs", "lifecycle"], where)).code).toBe(0);
    const after = await cli.run(["doctor"], where);
    expect(after.stdout).toMatch(/^ok {4}bucket rules: uploads .* after 2 days/m);
    expect(after.stdout).not.toContain(s3Credentials.secretAccessKey);
    const view = await api.client.blobs.get();
    expect(view.lifecycle).toEqual({ abortsUploadsAfterDays: 2, harmfulRules: [], problem: null });
  });

  test("a rule that deletes or archives what runs need is found, whatever its prefix", async () => {
    const harmful: LifecycleRule[] = [
      { ID: "everything", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 90 } },
      {
        ID: "cold",
        Status: "Enabled",
        Filter: { Prefix: "gantry/" },
        Transitions: [{ Days: 30, StorageClass: "GLACIER" }],
      },
    ];
    const off: LifecycleRule = { ...(harmful[0] as LifecycleRule), ID: "off", Status: "Disabled" };
    await setRules(...harmful, off, ofOthers);
    const { code, stdout } = await cli.run(["blobs", "status"], where);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/^FAIL {2}bucket rules: everything, cold:/m);
  });

  test("contents move from the database into the bucket, and are read from there", async () => {
    const { keys, org } = api;
    const rows = createPostgresBackend(api.engine.db);
    const store = createBlobStore({ pool: api.engine.db, keys, backends: [rows, s3.backend()] });
    const contents = [randomBytes(100), randomBytes(600_000), Buffer.alloc(3_000_000, "text ")];
    const digests: `sha256:${string}`[] = [];
    for (const content of contents) digests.push((await store.put(org, content, { purpose: "test" })).digest);
    const moved = await cli.run(["blobs", "move", "--json"], where);
    expect(JSON.parse(moved.stdout)).toEqual({ moved: 3, lost: 0 });
    expect((await api.engine.admin.query("SELECT FROM blob_chunks")).rowCount).toBe(0);
    expect(await s3.keys(org)).toHaveLength(3);
    for (const [at, digest] of digests.entries()) {
      expect((await readBlob(store, org, digest)).equals(contents[at] ?? Buffer.of())).toBe(true);
    }
    expect((await cli.run(["blobs", "move"], where)).stderr).toContain("Moved 0.");
  });
});

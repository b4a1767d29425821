import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactRef } from "@gantry/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachEmbeddedPostgres } from "../../platform/src/postgres/index.ts";
import {
  createInstallation,
  planOf,
  reaches,
  type Installation,
  type PlatformProcess,
} from "../support/installation.ts";
import { hasMoto } from "../support/moto.ts";
import { s3Credentials, startS3, type TestS3 } from "../support/s3.ts";
import { leak, tokenReference } from "./agent/src/leak.ts";

describe.skipIf(!hasMoto)("a server and a worker that share a bucket and no files", () => {
  let s3: TestS3;
  let gantry: Installation;
  let worker: PlatformProcess;
  let otherHost: string;
  const token = randomBytes(24).toString("hex");

  beforeAll(async () => {
    s3 = await startS3();
    gantry = await createInstallation(s3.variables);
    await gantry.start("api");
    const { superuserUrl } = await attachEmbeddedPostgres({ dataDir: gantry.dataDir });
    otherHost = gantry.file("other-host");
    worker = await gantry.start("worker", {
      GANTRY_DATA_DIR: otherHost,
      GANTRY_DATABASE_URL: superuserUrl,
      GANTRY_KEY_FILE: join(gantry.dataDir, "platform.key"),
      GANTRY_URL: gantry.url,
    });
  }, 120_000);
  afterAll(async () => {
    await gantry[Symbol.asyncDispose]();
    await s3[Symbol.asyncDispose]();
  });

  test("logs and artifacts that the worker writes are read by the server", async () => {
    expect(worker.said).toMatchObject({ ready: true });
    await gantry.client.secrets.put("token", token);
    const plan = planOf((builder) => void builder.step("leak", leak, { token: tokenReference, mode: "output" }));
    const { id } = await gantry.client.runs.create({ plan });
    const done = await reaches(gantry.client, id, "succeeded");
    const [step] = done.steps;
    if (!step) throw new Error("The run has no step.");
    const { kept } = step.output as { kept: ArtifactRef };
    const artifact = await new Response(await gantry.client.runs.artifact(id, kept.$artifact)).text();
    expect(Buffer.byteLength(artifact)).toBe(kept.bytes);
    const lines = [];
    for await (const line of gantry.client.runs.logs(id)) lines.push(line);
    expect(lines.length).toBeGreaterThan(0);

    for (const folder of [gantry.dataDir, otherHost]) {
      const blobs = join(folder, "blobs");
      expect(existsSync(blobs) ? await readdir(blobs) : []).toEqual([]);
    }
    expect((await gantry.client.blobs.get()).problem).toBeNull();
    expect(gantry.stderr()).not.toContain(s3Credentials.secretAccessKey);
  });

  test("a third process that was told of no bucket doesn't start", async () => {
    const refused = await gantry.start("worker", { GANTRY_BLOBS: "postgres", GANTRY_S3_BUCKET: "" });
    expect(refused.said.error?.code).toBe("s3_not_configured");
  });
});

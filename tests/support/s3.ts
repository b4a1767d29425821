import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { BlobBackend, S3Settings } from "../../platform/src/blobs/index.ts";
import { createS3Backend } from "../../platform/src/blobs/s3/backend.ts";
import { openBucket, s3Limits, type S3Limits } from "../../platform/src/blobs/s3/client.ts";
import { startMoto } from "./moto.ts";

/** An S3 server with one bucket, and a look into it past our own code. */
export interface TestS3 extends AsyncDisposable {
  url: string;
  settings: S3Settings;
  client: S3Client;
  /** As the variables of a process. */
  variables: Record<string, string>;
  backend(changes?: Partial<S3Settings>, limits?: Partial<S3Limits>): BlobBackend;
  /** What is kept for an organization. */
  keys(org: string): Promise<string[]>;
  /** Uploads for it that were begun and not ended. */
  uploads(org: string): Promise<string[]>;
  /** Replaces every object of an organization; undefined deletes it. */
  edit(org: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void>;
}

export const s3Credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-secret-access-key-of-a-test" };

export async function startS3(): Promise<TestS3> {
  const moto = await startMoto();
  const bucket = `gantry-${randomUUID()}`;
  const region = "eu-central-1";
  const client = new S3Client({ endpoint: moto.url, region, forcePathStyle: true, credentials: s3Credentials });
  await client.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  const settings: S3Settings = {
    bucket,
    prefix: "gantry/",
    region,
    endpoint: moto.url,
    pathStyle: true,
    credentials: {
      accessKeyId: { value: s3Credentials.accessKeyId },
      secretAccessKey: { value: s3Credentials.secretAccessKey },
    },
    encryption: "off",
    kmsKey: undefined,
    allowHttp: false,
  };
  const keys = async (org: string): Promise<string[]> => {
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `gantry/${org}/` }));
    return (Contents ?? []).map(({ Key }) => Key ?? "");
  };
  return {
    url: moto.url,
    settings,
    client,
    variables: {
      GANTRY_BLOBS: "s3",
      GANTRY_S3_BUCKET: bucket,
      GANTRY_S3_ENDPOINT: moto.url,
      GANTRY_S3_REGION: region,
      GANTRY_S3_ACCESS_KEY_ID: s3Credentials.accessKeyId,
      GANTRY_S3_SECRET_ACCESS_KEY: s3Credentials.secretAccessKey,
    },
    backend: (changes = {}, limits = {}) =>
      createS3Backend(openBucket({ ...settings, ...changes }, { ...s3Limits, ...limits }, Date.now)),
    keys,
    async uploads(org) {
      const { Uploads } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `gantry/${org}/` }),
      );
      return (Uploads ?? []).map(({ Key }) => Key ?? "");
    },
    async edit(org, change) {
      for (const Key of await keys(org)) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const bytes = change(Buffer.from((await Body?.transformToByteArray()) ?? []));
        await client.send(
          bytes === undefined
            ? new DeleteObjectCommand({ Bucket: bucket, Key })
            : new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }),
        );
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await moto[Symbol.asyncDispose]();
    },
  };
}

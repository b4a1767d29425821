import { randomUUID } from "node:crypto";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Queryable } from "../../store/organization.ts";
import { NotInBackendError } from "../backend.ts";
import type { Bucket } from "./client.ts";
import { S3BucketDiffersError } from "./errors.ts";

/**
 * Makes sure that bucket and prefix are this installation's own: what no row names is swept from there. The bucket itself
 * carries the id, so one that was copied elsewhere with all its objects is still the same.
 *
 * @param db with the engine's role.
 * @throws S3BucketDiffersError
 */
export async function claimBucket(db: Queryable, bucket: Bucket): Promise<void> {
  await db.query("INSERT INTO blob_bucket (id) VALUES ($1) ON CONFLICT DO NOTHING", [randomUUID()]);
  const { rows } = await db.query<{ id: string; used: boolean }>(
    "SELECT id, EXISTS (SELECT FROM blobs WHERE backend = 's3') AS used FROM blob_bucket",
  );
  const ours = rows[0]?.id ?? "";
  const there = await readId(bucket);
  if (there === ours) return;
  const where = `${bucket.place}, prefix "${bucket.settings.prefix}"`;
  if (there !== undefined) {
    throw new S3BucketDiffersError(
      `The bucket ${where} belongs to another installation of Gantry, which would delete what we put there. Choose another GANTRY_S3_PREFIX or bucket.`,
    );
  }
  if (rows[0]?.used === true) {
    throw new S3BucketDiffersError(
      `Content of this installation is in a bucket, and ${where} isn't that one. Name the one that holds it, or copy all its objects here first.`,
    );
  }
  await bucket.send(new PutObjectCommand({ ...idObject(bucket), Body: ours }));
}

async function readId(bucket: Bucket): Promise<string | undefined> {
  try {
    const { Body } = await bucket.send(new GetObjectCommand(idObject(bucket)));
    return (await Body?.transformToString())?.trim();
  } catch (error) {
    if (error instanceof NotInBackendError) return undefined;
    throw error;
  }
}

function idObject({ settings: { bucket, prefix } }: Bucket): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: `${prefix}gantry-installation` };
}

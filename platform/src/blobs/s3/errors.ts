import { GantryError, type ErrorOptions, type Fault } from "@gantry/sdk";
import { NotInBackendError } from "../backend.ts";

abstract class S3Error extends GantryError {
  override readonly fault: Fault = "operational";
}

export class S3BucketMissingError extends S3Error {
  readonly code = "s3_bucket_missing";
  constructor(place: string, options?: ErrorOptions) {
    super(`There is no bucket ${place}. Create it, or correct GANTRY_S3_BUCKET and GANTRY_S3_ENDPOINT.`, options);
  }
}

export class S3AccessDeniedError extends S3Error {
  readonly code = "s3_access_denied";
  constructor(place: string, why: string, options?: ErrorOptions) {
    super(`The bucket ${place} was not opened to us: ${why}.`, options);
  }
}

export class S3ClockSkewedError extends S3Error {
  readonly code = "s3_clock_skewed";
  constructor(place: string, options?: ErrorOptions) {
    super(
      `The store of the bucket ${place} refuses requests because this machine's clock is wrong. Set the clock (timedatectl set-ntp true).`,
      options,
    );
  }
}

export class S3RegionWrongError extends S3Error {
  readonly code = "s3_region_wrong";
  constructor(place: string, region: string | undefined, options?: ErrorOptions) {
    const mend = region === undefined ? "the bucket's region" : region;
    super(`The bucket ${place} is in another region. Set GANTRY_S3_REGION=${mend}.`, options);
  }
}

export class S3UnreachableError extends S3Error {
  readonly code = "s3_unreachable";
  override readonly retryable = true;
  constructor(place: string, why: string, options?: ErrorOptions) {
    super(
      `The store of the bucket ${place} could not be used, after several tries: ${why}. Look at the network and at the store's own state.`,
      options,
    );
  }
}

export class S3RefusedError extends S3Error {
  readonly code = "s3_refused";
  constructor(place: string, why: string, options?: ErrorOptions) {
    super(
      `The store of the bucket ${place} refused a request: ${why}. Look that up in the store's documentation.`,
      options,
    );
  }
}

/** The bucket is another installation's, or not the one that this installation's content is in. */
export class S3BucketDiffersError extends S3Error {
  readonly code = "s3_bucket_differs";
}

/** The index names content in a bucket, and this process was told of none. */
export class S3NotConfiguredError extends S3Error {
  readonly code = "s3_not_configured";
  constructor() {
    super(
      "Content of this installation is kept in an S3 bucket, and this process was told of none. Give it the same GANTRY_S3_… variables as the others.",
    );
  }
}

/** A rule for a bucket was asked for, and this installation was told of none. */
export class S3NotUsedError extends GantryError {
  readonly code = "s3_not_used";
  constructor() {
    super("The server was told of no bucket, so there are no rules to set. GANTRY_S3_BUCKET names one.");
  }
}

/** Connections to the store would not be encrypted. */
export class S3InsecureError extends S3Error {
  readonly code = "s3_insecure";
  constructor(place: string) {
    super(
      `The store of the bucket ${place} would be reached without TLS. Use https, or set GANTRY_S3_ALLOW_HTTP=on where the network is protected otherwise.`,
    );
  }
}

/** What a store answers when there is no such multipart upload (any more). Never leaves this folder. */
export class UploadGoneError extends Error {}

const missing = new Set(["NoSuchKey", "NotFound", "NoSuchLifecycleConfiguration"]);
const skewed = new Set(["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]);
const otherRegion = new Set([
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);
const denied: Record<string, string> = {
  AccessDenied:
    "access denied. Allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads, and the key's use where the bucket is encrypted with one",
  Forbidden: "access denied",
  InvalidAccessKeyId: "the store doesn't know the access key",
  SignatureDoesNotMatch: "the secret access key is wrong",
  ExpiredToken: "the credentials have expired",
  InvalidToken: "the session token is invalid",
  CredentialsProviderError:
    "no credentials were found. Set GANTRY_S3_ACCESS_KEY_ID and GANTRY_S3_SECRET_ACCESS_KEY (or their _FILE), or what AWS's own tools use",
};

/**
 * Whatever the AWS SDK threw as an error of ours. Only the store's word for it is kept: what it says beyond that may quote
 * the request, and with it who we are.
 */
export function asS3Error(error: unknown, place: string): Error {
  if (!(error instanceof Error)) return new Error("The S3 client threw something that is no error.");
  if (error instanceof GantryError) return error;
  const status = statusOf(error);
  const word = error.name.replaceAll(/[^\w.-]/g, "").slice(0, 80);
  const said = status === undefined ? word : `${word} (${status})`;
  const cause = { cause: new Error(said) };
  if (missing.has(error.name)) return new NotInBackendError(said);
  if (error.name === "NoSuchUpload") return new UploadGoneError(said);
  if (error.name === "NoSuchBucket") return new S3BucketMissingError(place, cause);
  if (skewed.has(error.name)) return new S3ClockSkewedError(place, cause);
  if (otherRegion.has(error.name) || status === 301) return new S3RegionWrongError(place, regionIn(error), cause);
  const why = denied[error.name];
  if (why !== undefined) return new S3AccessDeniedError(place, why, cause);
  if (status === undefined) return new S3UnreachableError(place, networkReason(error), cause);
  if (status >= 500 || status === 429 || error.name === "SlowDown") return new S3UnreachableError(place, said, cause);
  if (status === 401 || status === 403) return new S3AccessDeniedError(place, said, cause);
  return new S3RefusedError(place, said, cause);
}

function statusOf(error: Error): number | undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

function regionIn(error: Error): string | undefined {
  const { Region: said, $response: response } = error as {
    Region?: unknown;
    $response?: { headers?: Record<string, string> };
  };
  const region = response?.headers?.["x-amz-bucket-region"] ?? said;
  return typeof region === "string" && /^[a-z0-9-]{1,40}$/.test(region) ? region : undefined;
}

/** `connect ECONNREFUSED 127.0.0.1:9000` and the like: addresses that the operator named. */
function networkReason(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? `${error.message.slice(0, 200)} (${code})` : error.name;
}

import { readFile } from "node:fs/promises";
import { S3Client, type ServiceInputTypes, type ServiceOutputTypes } from "@aws-sdk/client-s3";
import { asS3Error, S3AccessDeniedError, S3InsecureError } from "./errors.ts";
import { isLoopback, type S3Settings, type SecretSource } from "./settings.ts";

type Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<I, O>
>[0];

/** One bucket, reached with retries and limits of time. */
export interface Bucket {
  settings: S3Settings;
  /** For messages: the bucket's name and where it is. */
  place: string;
  /** @throws what errors.ts makes of the store's answer. */
  send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(command: Command<I, O>): Promise<O>;
  close(): void;
}

export interface S3Limits {
  /** Requests for one call: the first, and what is tried again after 5xx, SlowDown, timeouts and cut connections. */
  attempts: number;
  connectMs: number;
  /** Without a byte in either direction. */
  idleMs: number;
  /** From a request's first byte to the first of its answer. */
  requestMs: number;
}

export const s3Limits: S3Limits = { attempts: 5, connectMs: 5_000, idleMs: 30_000, requestMs: 120_000 };

/** A replaced file is read again after this, at the latest. */
const credentialsMs = 10 * 60_000;

export function openBucket(settings: S3Settings, limits: S3Limits, now: () => number): Bucket {
  const { credentials, endpoint, region } = settings;
  const place = `${settings.bucket} at ${endpoint === undefined ? "AWS" : new URL(endpoint).host}`;
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: settings.pathStyle,
    // Stores other than AWS have no regions, yet a request is signed for one.
    ...(region === undefined ? (endpoint === undefined ? {} : { region: "us-east-1" }) : { region }),
    ...(credentials === undefined ? {} : { credentials: () => readCredentials(credentials, place, now) }),
    maxAttempts: limits.attempts,
    retryMode: "standard",
    // The signature covers the SHA-256 of each body already, and stores other than AWS don't know the checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: limits.connectMs,
      socketTimeout: limits.idleMs,
      requestTimeout: limits.requestMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: 100 },
      httpsAgent: { maxSockets: 100 },
    },
  });
  // Here, because the SDK takes endpoints from variables and profiles of its own too.
  client.middlewareStack.add(
    (next) => (args) => {
      const { protocol, hostname } = args.request as { protocol: string; hostname: string };
      if (protocol !== "https:" && !settings.allowHttp && !isLoopback(hostname)) throw new S3InsecureError(place);
      return next(args);
    },
    { step: "build", name: "onlyTls" },
  );
  return {
    settings,
    place,
    async send(command) {
      try {
        return await client.send(command);
      } catch (error) {
        throw asS3Error(error, place);
      }
    },
    close: () => client.destroy(),
  };
}

async function readCredentials(
  { accessKeyId, secretAccessKey }: NonNullable<S3Settings["credentials"]>,
  place: string,
  now: () => number,
) {
  const [id, secret] = await Promise.all([accessKeyId, secretAccessKey].map((source) => readSource(source, place)));
  return { accessKeyId: id ?? "", secretAccessKey: secret ?? "", expiration: new Date(now() + credentialsMs) };
}

async function readSource(source: SecretSource, place: string): Promise<string> {
  if ("value" in source) return source.value;
  try {
    return (await readFile(source.file, "utf8")).trim();
  } catch (cause) {
    throw new S3AccessDeniedError(place, `the file with its credentials, ${source.file}, can't be read`, { cause });
  }
}

import { z } from "zod";
import { isLoopback, type S3Settings, type SecretSource } from "./settings.ts";

/** The variables about the bucket; config.ts has them among its own. */
export const s3Variables = {
  GANTRY_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of a bucket")
    .optional()
    .describe(
      "Bucket for `GANTRY_BLOBS=s3`; it is tried out at start. Named beside another `GANTRY_BLOBS`, what was written to it before stays readable.",
    ),
  GANTRY_S3_PREFIX: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/,
      "must be letters, digits, dots, dashes and slashes, and not begin with a slash",
    )
    .default("gantry")
    .describe(
      "What every key in the bucket begins with. For one installation only: what it doesn't know there, it removes.",
    ),
  GANTRY_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "must be a region such as eu-central-1")
    .optional()
    .describe(
      "Region of the bucket. Unless set, that of `AWS_REGION` or of the AWS profile; other stores mostly have none.",
    ),
  GANTRY_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "must be a URL such as https://minio.internal:9000" })
    .optional()
    .describe("Address of a store that isn't AWS: MinIO, Ceph, R2, …"),
  GANTRY_S3_PATH_STYLE: onOff()
    .optional()
    .describe(
      "Whether the bucket's name stands in the path instead of the host name; unless set, `on` with an endpoint and `off` without.",
    ),
  GANTRY_S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe(
      "Access key for the bucket. Without it the credentials are those that AWS's own tools would use: variables, profiles, roles of the container or the machine.",
    ),
  GANTRY_S3_ACCESS_KEY_ID_FILE: z.string().optional().describe("File that holds the access key."),
  GANTRY_S3_SECRET_ACCESS_KEY: z.string().optional().describe("Secret access key that goes with the access key."),
  GANTRY_S3_SECRET_ACCESS_KEY_FILE: z
    .string()
    .optional()
    .describe("File that holds the secret access key. Replaced, it is read again within ten minutes."),
  GANTRY_S3_ENCRYPTION: z
    .enum(["off", "sse-s3", "sse-kms"], { error: "must be one of off, sse-s3, sse-kms" })
    .default("off")
    .describe(
      "Encryption that the store is asked for. Everything is encrypted with the platform key before it gets there; this is for rules that want the store's too.",
    ),
  GANTRY_S3_KMS_KEY: z
    .string()
    .optional()
    .describe("Id, ARN or alias of the key for `sse-kms`; AWS's key for S3 unless set."),
  GANTRY_S3_ALLOW_HTTP: onOff()
    .default("off")
    .describe(
      "Whether an endpoint on another machine may be reached without TLS, where the network is protected otherwise.",
    ),
};

type Variables = z.output<z.ZodObject<typeof s3Variables>>;

/** What is wrong with the variables together; never their values. */
export function s3Problems(
  variables: Variables & { GANTRY_BLOBS: string },
): { variable: keyof Variables; problem: string }[] {
  const given = (variable: keyof Variables) => variables[variable] !== undefined;
  const problems: { variable: keyof Variables; problem: string }[] = [];
  const refuse = (variable: keyof Variables, problem: string) => void problems.push({ variable, problem });
  if (variables.GANTRY_BLOBS === "s3" && !given("GANTRY_S3_BUCKET")) {
    refuse("GANTRY_S3_BUCKET", "must name the bucket for GANTRY_BLOBS=s3");
  }
  const endpoint = variables.GANTRY_S3_ENDPOINT === undefined ? undefined : new URL(variables.GANTRY_S3_ENDPOINT);
  if (endpoint?.username || endpoint?.password) {
    refuse("GANTRY_S3_ENDPOINT", "must hold no password; GANTRY_S3_SECRET_ACCESS_KEY_FILE is for that");
  }
  if (endpoint?.protocol === "http:" && !isLoopback(endpoint.hostname) && variables.GANTRY_S3_ALLOW_HTTP === "off") {
    refuse("GANTRY_S3_ENDPOINT", "must be https, unless it is on this machine or GANTRY_S3_ALLOW_HTTP is on");
  }
  for (const variable of ["GANTRY_S3_ACCESS_KEY_ID", "GANTRY_S3_SECRET_ACCESS_KEY"] as const) {
    if (given(variable) && given(`${variable}_FILE`)) refuse(variable, "must not be given together with its _FILE");
  }
  const hasId = given("GANTRY_S3_ACCESS_KEY_ID") || given("GANTRY_S3_ACCESS_KEY_ID_FILE");
  const hasSecret = given("GANTRY_S3_SECRET_ACCESS_KEY") || given("GANTRY_S3_SECRET_ACCESS_KEY_FILE");
  if (hasId && !hasSecret) refuse("GANTRY_S3_SECRET_ACCESS_KEY", "must be given with GANTRY_S3_ACCESS_KEY_ID");
  if (hasSecret && !hasId) refuse("GANTRY_S3_ACCESS_KEY_ID", "must be given with GANTRY_S3_SECRET_ACCESS_KEY");
  if (given("GANTRY_S3_KMS_KEY") && variables.GANTRY_S3_ENCRYPTION !== "sse-kms") {
    refuse("GANTRY_S3_KMS_KEY", "is only for GANTRY_S3_ENCRYPTION=sse-kms");
  }
  return problems;
}

/** Undefined where no bucket is named. */
export function s3Settings(variables: Variables): S3Settings | undefined {
  const { GANTRY_S3_BUCKET: bucket, GANTRY_S3_ENDPOINT: endpoint } = variables;
  if (bucket === undefined) return undefined;
  const accessKeyId = sourceOf(variables.GANTRY_S3_ACCESS_KEY_ID, variables.GANTRY_S3_ACCESS_KEY_ID_FILE);
  const secretAccessKey = sourceOf(variables.GANTRY_S3_SECRET_ACCESS_KEY, variables.GANTRY_S3_SECRET_ACCESS_KEY_FILE);
  return {
    bucket,
    endpoint,
    prefix: `${variables.GANTRY_S3_PREFIX.replace(/\/+$/, "")}/`,
    region: variables.GANTRY_S3_REGION,
    pathStyle: (variables.GANTRY_S3_PATH_STYLE ?? (endpoint === undefined ? "off" : "on")) === "on",
    credentials: accessKeyId && secretAccessKey && { accessKeyId, secretAccessKey },
    encryption: variables.GANTRY_S3_ENCRYPTION,
    kmsKey: variables.GANTRY_S3_KMS_KEY,
    allowHttp: variables.GANTRY_S3_ALLOW_HTTP === "on",
  };
}

function onOff() {
  return z.enum(["on", "off"], { error: "must be one of on, off" });
}

function sourceOf(value: string | undefined, file: string | undefined): SecretSource | undefined {
  if (value !== undefined) return { value };
  return file === undefined ? undefined : { file };
}

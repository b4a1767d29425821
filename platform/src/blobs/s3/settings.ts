/** How a bucket is reached, as the configuration says it. */
export interface S3Settings {
  bucket: string;
  /** What every key begins with, a slash at its end. */
  prefix: string;
  /** Undefined: that of AWS_REGION or of the profile. */
  region: string | undefined;
  /** Undefined: AWS. */
  endpoint: string | undefined;
  /** The bucket in the path instead of the host name. */
  pathStyle: boolean;
  /** Undefined: the usual chain of AWS: variables, profiles, roles of the container or the machine. */
  credentials: { accessKeyId: SecretSource; secretAccessKey: SecretSource } | undefined;
  encryption: "off" | "sse-s3" | "sse-kms";
  /** Undefined: the key that AWS keeps for S3. */
  kmsKey: string | undefined;
  /** Without TLS although the endpoint isn't on this machine. */
  allowHttp: boolean;
}

/** A value, or the file that holds it and may be replaced while we run. */
export type SecretSource = { value: string } | { file: string };

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname === "::1" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

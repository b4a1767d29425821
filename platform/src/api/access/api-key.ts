import { hash, randomBytes } from "node:crypto";

const pattern = /^gantry_[0-9a-f]{8}_[0-9a-f]{64}$/;

/** A new key: `gantry_`, eight digits to recognise it by, and 256 random bits. Only its hash is ever stored. */
export function createApiKey(random: (bytes: number) => Buffer = randomBytes): {
  key: string;
  prefix: string;
  hash: Buffer;
} {
  const prefix = `gantry_${random(4).toString("hex")}`;
  const key = `${prefix}_${random(32).toString("hex")}`;
  return { key, prefix, hash: hashApiKey(key) };
}

/** SHA-256 is enough for a key that is random, and fast enough to do it for every request. */
export function hashApiKey(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

/** The key of an `Authorization: Bearer` header, if it can be one. */
export function bearerKey(header: string | undefined): string | null {
  const key = /^bearer +(\S+)$/i.exec(header ?? "")?.[1];
  return key !== undefined && pattern.test(key) ? key : null;
}

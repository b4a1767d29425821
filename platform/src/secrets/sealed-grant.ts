import { createHmac, timingSafeEqual } from "node:crypto";
import type { Keyring } from "./keyring.ts";

/** One kind of token: what it begins with, and what its key is for. */
export interface GrantKind {
  prefix: string;
  purpose: string;
}

/** A token that says what it opens, and that can't be made without the key file. Nothing is stored. */
export function issueGrant({ prefix, purpose }: GrantKind, keyring: Keyring, grant: { expiresAt: number }): string {
  const text = Buffer.from(JSON.stringify(grant)).toString("base64url");
  return `${prefix}.${text}.${mac(keyring, purpose, text).toString("base64url")}`;
}

/** What the token opens; null for one that is expired, altered, or of another kind. */
export function readGrant<Grant extends { expiresAt: number }>(
  { prefix, purpose }: GrantKind,
  keyring: Keyring,
  { token, now }: { token: string; now: number },
): Grant | null {
  const [kind, text = "", signature = "", ...rest] = token.split(".");
  if (kind !== prefix || rest.length > 0) return null;
  const given = Buffer.from(signature, "base64url");
  const expected = mac(keyring, purpose, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const grant = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Grant;
  return grant.expiresAt > now ? grant : null;
}

function mac(keyring: Keyring, purpose: string, text: string): Buffer {
  return createHmac("sha256", keyring.deriveKey(purpose)).update(text).digest();
}

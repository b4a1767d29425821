import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { canonicalJson } from "@gantry/sdk";
import { sealRecord, type Keyring } from "../secrets/index.ts";
import type { SigningKeyRow } from "../store/installation/signing-keys.ts";

/** RFC 8037. */
export type PublicJwk = SigningKeyRow["public"];

/** Where private halves belong in the envelope; they are the installation's, of no organization. */
export const bindingOf = (kid: string) => ({ org: "", purpose: "signing-key", record: kid });

/** A new key, vouched for by the one before it, or by itself when it is the first. */
export function makeSigningKey(
  keyring: Keyring,
  previous: { kid: string; key: KeyObject } | null,
): Omit<SigningKeyRow, "ordinal" | "createdAt" | "retiresAt"> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { kty = "", crv = "", x = "" } = publicKey.export({ format: "jwk" });
  const jwk = { kty, crv, x };
  const kid = thumbprint(jwk);
  const by = previous ?? { kid, key: privateKey };
  return {
    kid,
    public: jwk,
    sealed: sealRecord(keyring, bindingOf(kid), privateKey.export({ format: "der", type: "pkcs8" })),
    endorsement: sign(null, endorsed(jwk, by.kid), by.key),
  };
}

/** Those of the keys (oldest first) that the first one vouches for, directly or through others. */
export function endorsedKeys<Row extends Pick<SigningKeyRow, "kid" | "public" | "endorsement">>(
  rows: readonly Row[],
): (Row & { key: KeyObject })[] {
  const good: (Row & { key: KeyObject })[] = [];
  for (const row of rows) {
    const key = createPublicKey({ key: row.public, format: "jwk" });
    const by = good.at(-1) ?? { kid: row.kid, key };
    if (row.kid !== thumbprint(row.public) || !verify(null, endorsed(row.public, by.kid), by.key, row.endorsement))
      continue;
    good.push({ ...row, key });
  }
  return good;
}

/** RFC 7638. */
export function thumbprint({ kty, crv, x }: PublicJwk): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

function endorsed(jwk: PublicJwk, by: string): Buffer {
  return Buffer.from(canonicalJson({ gantry: "signing-key", by, key: jwk }));
}

import { createPublicKey, verify } from "node:crypto";

interface Jwks {
  keys: { kid: string; kty: string; crv?: string; x?: string }[];
}

/** What a signed record says, where a key of the set signed it; null where none did. Needs no server. */
export function verifyRecord(record: string, { keys }: Jwks): object | null {
  const [header = "", payload = "", signature = "", ...more] = record.split(".");
  const { alg, kid, typ } = read(header) as { alg?: unknown; kid?: unknown; typ?: unknown };
  const jwk = keys.find((one) => one.kid === kid && one.kty === "OKP" && one.crv === "Ed25519");
  if (more.length > 0 || alg !== "EdDSA" || typ !== "gantry-decision" || jwk === undefined) return null;
  const key = createPublicKey({ key: { kty: jwk.kty, crv: "Ed25519", x: jwk.x ?? "" }, format: "jwk" });
  const signed = Buffer.from(`${header}.${payload}`);
  return verify(null, signed, key, Buffer.from(signature, "base64url")) ? read(payload) : null;
}

function read(part: string): object {
  try {
    return Object(JSON.parse(Buffer.from(part, "base64url").toString())) as object;
  } catch {
    return {};
  }
}
